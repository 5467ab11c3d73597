"""The house: builds every part from the configuration, opens the lines, lets calls in, and closes in good order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial

from calls.errors import CallCentreError
from calls.events import Event
from calls.ids import LANGUAGES, CallId, Language
from calls.machine import CallLimits
from calls.ports import CallOffer, IncomingCall
from knowledge.articles import load_library
from records.recording import RecordingThread
from records.recovery import Caretaker, recover
from records.spill import SpillFile, spill_path
from records.tail import NeighbourTail
from records.writer import LogWriter
from service.admission import Load, NoRoom, limits
from service.call_runner import CallRunner
from service.call_store import open_store
from service.channels.wiring import build_conversations, build_outside
from service.clock import SystemClock
from service.config import Config
from service.config_values import split_address
from service.customers.part import Customers
from service.desk.callbacks import Callbacks
from service.desk.phone_offers import PhoneOffers
from service.desk.queue_hours import QueueHours
from service.desk.room import DeskRoom
from service.desk.transfer_desk import TransferDesk, owed_to_callers, promise_calls_back
from service.desk.transfer_queue import CallQueue
from service.dial_plan import DialPlan, Route
from service.dialog_choices import check_articles, dialog_settings
from service.engines import Workers, build_workers, voices
from service.goodbye import say_goodbye
from service.ids import new_call_id, new_reference
from service.knowledge_base import KnowledgeBase, articles_dir
from service.live import LiveFeed
from service.models_store import ModelStore
from service.recogniser import check_recogniser, recogniser_name
from service.recognition_load import RecognitionLoad
from service.retention import Retention
from service.shared_tables import CountedNonces, SharedBindings, SharedCounts
from service.sip_line import outbound, sip_settings
from service.speech_cache import speech_folder
from service.take_over import TakeOvers
from service.tasks import Tasks
from service.telemetry import Metrics
from service.vocabulary import prompt_of
from telephony.gateway import SipGateway
from telephony.media_settings import MediaSettings
from telephony.net.outbox import Beat, Outbox
from telephony.net.punctual import make_punctual
from telephony.net.rtp_leg import RtpMediaFactory
from telephony.net.sip_transports import probe_ports
from telephony.net.ticker import Ticker
from telephony.sip_call import CallRefusal
from telephony.webrtc.gateway import WebRtcGateway
from telephony.webrtc.settings import IceServer, WebRtcSettings
from voice.dialog.acts import CallerNeeds, HistoryKnown
from voice.dialog.opening import usual_opening
from voice.dialog.prompts import all_fixed_texts, phrase, urgent_texts
from voice.dialog.settings import DialogSettings
from voice.feelings.model import WEIGHTS, FeelingModel
from voice.tts.cache import SpeechCache
from voice.tts.voice import OtherVoice, Voice
from voice.workers.client import Worker

logger = logging.getLogger(__name__)

RELOAD_EVERY_S = 2.0
"""How often the dial plan and the articles are looked at for changes."""

NEIGHBOURS_EVERY_S = 1.0
"""How often the calls of other processes on the same database are looked at. Source: one that was cut off shall be seen
as ended within seconds, and staff see what is said a second later than in the process itself; a look is two queries."""

NOTICED_S = 5.0
"""How long an idle process that drains still answers, so that a proxy sees it and sends nothing there any more. Source:
two pings, one each 2 s, deploy/kamailio.cfg."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class House:
    """One running service. `start` returns when calls can be answered."""

    def __init__(self, config: Config) -> None:
        """Read what can be read without starting anything.

        Raises:
            CallCentreError: models, dial plan, articles or database are not usable; the sentence says what to do.
        """
        self.config = config
        self.clock = SystemClock()
        self.metrics = Metrics()
        self.live = LiveFeed()
        self.tasks = Tasks("house")
        self.call_limits = CallLimits(hold_ms=config.telephony.hold_at_most_s * 1000)
        self._limits = limits(config.telephony)
        self.calls: dict[CallId, CallRunner] = {}
        self._take_overs = TakeOvers(self)
        self.ready = False
        self.draining = False
        """No new calls are taken; running ones may end by themselves."""
        self._reload_wanted = asyncio.Event()
        self.models = ModelStore(config.models.dir or None)
        self.asr_name = recogniser_name(config)
        self.dial_plan = DialPlan(config.dial_plan)
        # Only to find wrong files now: the index reads them again, behind its worker.
        articles = load_library(articles_dir(config)).articles
        check_articles(config, articles)
        check_recogniser(config, self.models, self.dial_plan.languages())
        self._workers: Workers = build_workers(config, self.models)
        self.ears, self.asr, self.mind = self._workers.ears, self._workers.asr, self._workers.mind
        self.recognition = RecognitionLoad(self.clock, lambda: self.asr.waiting)
        self.recordings = config.recordings_path
        self.store = open_store(config, to_serve=True)
        spill = SpillFile(spill_path(config.data_path, self.store), self.store.master)
        self.writer = LogWriter(self.store, self.clock, spill=spill)
        self.queue_hours = QueueHours(config.desk, self.clock, self.dial_plan.zone)
        self.desk = DeskRoom(config.desk, self.store, self.clock, self._fact_of_desk)
        self.phone_offers = PhoneOffers(self)
        self.callbacks = Callbacks(self)
        self.ticker = Ticker()
        self._outbox = Outbox(Beat())
        self.sip: SipGateway | None = None
        self.recorder = RecordingThread(self.recordings)
        self.web = self._build_web()
        self.transfers = TransferDesk(self)
        self.transfers.queue_of, self.transfers.tell = _place_of, self.desk.feed.tell
        self.transfers.display_name = self.desk.display_name
        self.transfers.lines.is_open = self.desk.feed.has_page
        self.desk.snapshot_parts.append(self.transfers.seen_by)
        self.voice: Voice = self._build_voice()
        self.knowledge = KnowledgeBase(config, self.mind, self.models)
        titles = self.knowledge.titles
        self.customers = Customers(config, self.store, self.clock, titles=titles, tell=self._needs_known)
        self.feelings = FeelingModel.load(self.models.path("feelings") / WEIGHTS)
        self.conversations = build_conversations(self)
        self.outside = build_outside(self)

    async def start(self) -> None:
        """Open everything, the lines last.

        Raises:
            CallCentreError: what could not be opened; nothing stays half open.
        """
        try:
            await self._find_sip_port_taken()
            lost = recover(self.store, self.recordings, self.clock, owed=owed_to_callers)
            self.writer.listen(self.live.event)
            self.writer.listen(self.customers.calls.take)
            await self.writer.start()
            await self.desk.start()
            self.tasks.start("queue-hours", self.queue_hours.run(self.desk.queue_hours))
            await asyncio.gather(*(worker.start() for worker in self._workers.all()))
            await self.voice.start()
            await self.knowledge.load()
            self.conversations.start()
            self.outside.start()
            await self.transfers.start()
            self.desk.lines_needed, self.transfers.lines.on_state = True, self.desk.line_is
            self.recorder.start()
            make_punctual()
            self.ticker.start()
            tail = NeighbourTail(self.store)
            if self.store.is_shared:  # before the first page: who watches misses nothing that comes from now on
                await asyncio.to_thread(tail.look, self.clock.now_utc(), wanted=False)
            if self.config.telephony.sip.enabled:
                await self._open_sip()
        except BaseException:
            await self.stop()
            raise
        self.desk.on_change.append(self._agents_changed)
        self.phone_offers.start()
        await self.callbacks.start()
        promise_calls_back(self, lost.events)
        self.tasks.start("reload", self._reload())
        self.tasks.start("watch", self._watch())
        self.tasks.start("retention", Retention(self).run())
        self.tasks.start("customers", self.customers.calls.run())
        self.tasks.start("search", self.customers.keep_searchable())
        if self.store.is_shared:
            self.tasks.start("neighbours", self._look_after_neighbours(tail))
        self._warm()
        self.ready = True

    async def drain(self, patience_s: float) -> bool:
        """Take no new calls, say so to proxies, and let the running calls end by themselves.

        Returns:
            True when the last one ended within `patience_s`.
        """
        self.draining = True
        logger.info("draining: %d calls may end by themselves", len(self.calls))
        ends = [_all_ended(list(self.calls.values()), patience_s)]
        if self.sip is not None:
            ends.append(self.sip.drain(patience_s))
        if any(trunk.kind == "proxy" for trunk in self.config.telephony.sip.trunks.values()):
            ends.append(asyncio.sleep(min(NOTICED_S, patience_s), True))
        return all(await asyncio.gather(*ends))

    async def stop(self) -> None:
        """Say goodbye to running calls, then close in reverse order. Idempotent."""
        self.ready = False
        last_words = partial(self.goodbye, why="shutdown")
        await say_goodbye(list(self.calls.values()), self.voice.speak, last_words)
        if self.sip is not None:
            await self.sip.stop()
            self.sip = None
        self.transfers.stop()
        await self.web.stop()
        await self.outside.stop()
        await self.conversations.stop()
        self.ticker.stop()
        await self.tasks.close()
        await self.desk.stop()
        await self.voice.stop()
        await asyncio.gather(*(worker.stop() for worker in self._workers.all()))
        await asyncio.to_thread(self.recorder.stop)
        await self.writer.stop()
        self.store.close()

    # Calls

    def _admit(self, offer: CallOffer) -> CallRefusal | None:
        """Return how a call over SIP is refused, None when it may come in."""
        return self.sip.no_room(offer) if self.sip is not None and self._is_refused(offer) else None

    def _is_refused(self, offer: CallOffer) -> bool:
        """Tell whether there is no room for one call more, and count it."""
        why: NoRoom | None = "draining" if self.draining else None if self.ready else "not_ready"
        why = why or self._limits.no_room(offer, self._load(offer))
        if why is not None:
            logger.warning("a call was refused: %s", why)
            self.metrics.calls.labels(offer.transport, "rejected", why).inc()
        return why is not None

    def _load(self, offer: CallOffer) -> Load:
        rings_already = 1 if offer.transport == "webrtc" else 0
        return Load(
            legs=(self.sip.open_calls if self.sip is not None else 0) + self.web.sessions - rings_already,
            talking=len(self.calls),
            of_trunk=sum(call.incoming.offer.trunk == offer.trunk for call in self.calls.values()),
        )

    def _call_in(self, incoming: IncomingCall) -> None:
        """Begin a call that rings; one over SIP was let in by `_admit`."""
        offer = incoming.offer
        route = self.dial_plan.route(offer.called, self.clock.now_utc())
        if route is None:
            incoming.reject(404, "Not Found")
            return
        if offer.transport == "webrtc" and self._is_refused(offer):
            incoming.reject(486, "Busy Here")
            return
        self.place(new_call_id(self.clock), incoming, route).start()

    def place(self, call_id: CallId, incoming: IncomingCall, route: Route) -> CallRunner:
        """Return a call that may begin, counted among the running ones."""
        call = self.calls[call_id] = CallRunner(self, call_id, incoming, route)
        self.metrics.calls_active.set(len(self.calls))
        return call

    def call_over(self, call: CallRunner) -> None:
        """Forget an ended call."""
        self.calls.pop(call.call_id, None)
        call.voice_claim.end()
        self.metrics.calls_active.set(len(self.calls))

    def _needs_known(self, call_id: CallId, needs: CallerNeeds | HistoryKnown) -> None:
        call = self.calls.get(call_id)
        if call is not None:
            call.tell(needs)

    def _fact_of_desk(self, event: Event) -> None:
        """Show what the desk writes about a contact; its own facts have a feed of their own."""
        if event.stream_kind not in ("queue", "agent"):
            self.live.event(event)

    def _agents_changed(self) -> None:
        for call in list(self.calls.values()):
            call.agents_changed()

    def agents_signed_in(self, queue: str = "", language: Language | None = None) -> int:
        """Return how many agents take the calls of a queue, now or when what they have in hand is over."""
        return self.desk.working(queue or "main", language, "voice")

    def dialog_settings(self) -> DialogSettings:
        """Return the dialog's choices for one call."""
        return dialog_settings(self.config, self.knowledge.human_topics())

    def vocabulary(self, *names: str) -> str | None:
        """Return the words that recognition should expect in a call of somebody with these names."""
        speech, plan = self.config.speech, self.config.dial_plan
        known = (plan.company, *self.knowledge.names()) if speech.listen_for_names else ()
        return prompt_of(names, speech.listen_for, known)

    def new_reference(self, flow: str) -> str:
        """Return a reference number for a finished flow."""
        return new_reference(flow)

    def filler(self, language: Language, step: int) -> str:
        """Return the sentence that fills the silence of step 1, 2 …."""
        return phrase(self.dialog_settings(), language, "filler.first" if step == 1 else "filler.again")

    def goodbye(self, language: Language, why: str) -> str:
        """Return the last sentence of a call that the service has to end."""
        return phrase(self.dialog_settings(), language, f"goodbye.{why}")

    def workers(self) -> tuple[Worker, ...]:
        """Return the worker processes, for health and metrics."""
        return self._workers.all()

    async def web_call(self, sdp: str, called: str, address: str, visitor: str = "") -> tuple[str, CallRunner]:
        """Take a call from a web page, perhaps of a visitor of the chat; return the SDP answer and its runner.

        Raises:
            CallCentreError: `call.refused` when there is no room, or what the offer lacks.
        """
        answer, incoming = await self.web.offer(sdp, "offer", called, address, visitor=visitor)
        self._call_in(incoming)
        call = next((call for call in self.calls.values() if call.incoming is incoming), None)
        if call is None:
            sentence = "All lines are busy at the moment; please try again in a minute."
            raise CallCentreError("call.refused", sentence, fault="operator", retryable=True)
        return answer, call

    # Parts

    def _build_voice(self) -> Voice:
        cache = SpeechCache(speech_folder(self.config))
        return Voice(
            voices(self.config, self._workers), clock=self.clock, cache=cache, on_other_voice=self._other_voice
        )

    def _other_voice(self, event: OtherVoice) -> None:
        logger.warning("the voice %s did not speak: %s", event.wanted, event.code)
        self.metrics.trouble.labels("voice").inc()

    def _build_web(self) -> WebRtcGateway:
        section = self.config.telephony.webrtc
        host = split_address(self.config.service.listen)[0]
        addresses = section.ice_addresses or ((host,) if host in LOOPBACK else ())
        servers = (IceServer(urls=section.ice_servers),) if section.ice_servers else ()
        settings = WebRtcSettings(
            ice_servers=servers,
            ice_addresses=addresses,
            max_sessions=section.max_calls,
            opus_rate_hz=section.opus_rate_hz,
        )
        return WebRtcGateway(settings, self._media_settings(), self.clock, self._outbox)

    def _media_settings(self) -> MediaSettings:
        sip = self.config.telephony.sip
        return MediaSettings(
            bind_host="::" if len(sip.addresses) > 1 else split_address(sip.listen)[0],  # "::" takes IPv4 too
            port_min=sip.rtp_ports[0],
            port_max=sip.rtp_ports[1],
            media_timeout_ms=self.config.telephony.media_lost_after_s * 1000,
        )

    async def _find_sip_port_taken(self) -> None:
        """Try the SIP ports before the engines are started, so that a wrong one is told at once."""
        if self.config.telephony.sip.enabled:
            await probe_ports(sip_settings(self.config).transports, self.clock)

    async def _open_sip(self) -> None:
        media = RtpMediaFactory(self._media_settings(), self.clock, self._outbox)
        self.sip = SipGateway(
            sip_settings(self.config),
            self.clock,
            media,
            self._call_in,
            admit=self._admit,
            bindings=SharedBindings(self.store),
            nonces=CountedNonces(self.store) if self.store.is_shared else None,
            owner=self.store.owner,
        )
        self.sip.transfers.may_take_over = self._take_overs.refusal
        self.sip.transfers.on_replaced = self._take_overs.follow
        self.sip.guard_calls(outbound(self.config, SharedCounts(self.store), self.customers.wants_no_contact))
        await self.sip.start()

    def reload_now(self) -> None:
        """Look at the dial plan and the articles at once, without dropping a call."""
        self._reload_wanted.set()

    async def _reload(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RELOAD_EVERY_S):
                    await self._reload_wanted.wait()
            self._reload_wanted.clear()
            try:
                if self.dial_plan.reload_if_changed():
                    logger.info("the dial plan was read again")
                    if self.config.speech.render_ahead:
                        self.voice.warm(self.dial_plan.greetings())
                if await self.knowledge.reload_if_changed():
                    logger.info("the articles were read again")
            except CallCentreError as error:
                logger.error("%s What was in force goes on.", error.message)
            except OSError as error:
                logger.error("The dial plan or the articles cannot be read (%s); what was in force goes on.", error)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self.metrics.loop_lag_seconds.observe(self.ticker.stats().lag_p99_ms / 1000)
            for worker in self._workers.all():
                self.metrics.worker_restarts.labels(worker.name).set(worker.restarts)

    async def _look_after_neighbours(self, tail: NeighbourTail) -> None:
        """End the calls of other processes that are lost, and show what the others do."""
        caretaker = Caretaker(self.store, self.recordings, self.clock, owed=owed_to_callers)
        while True:
            await asyncio.sleep(NEIGHBOURS_EVERY_S)
            try:
                done = await asyncio.to_thread(caretaker.look)
                elsewhere = await asyncio.to_thread(tail.look, self.clock.now_utc(), wanted=self.live.is_watched)
            except CallCentreError as error:
                logger.warning("the calls of other processes could not be looked at (%s)", error.code)
                continue
            for event in (*done.events, *elsewhere):
                self.live.event(event)
            promise_calls_back(self, done.events)
            for _ in done.calls_ended:
                self.metrics.calls.labels("other", "failed", "process_lost").inc()

    def _warm(self) -> None:
        """Make the fixed sentences and the answers once, in the background, so that they are spoken without waiting.

        First what calls begin with, then the beginnings of everything: what is said to callers in danger is begun
        whatever goes on. A beginning is heard for as long as the rest takes to be made.
        """
        settings = self.dialog_settings()
        ahead = self.config.speech.render_ahead
        if ahead:
            usual = self.config.dial_plan.language
            for language in sorted(LANGUAGES, key=lambda language: language != usual):
                self.voice.warm(usual_opening(settings, language), urgent=True)
            self.voice.warm(self.dial_plan.greetings(), urgent=True)
        in_danger = [(text, language) for language in LANGUAGES for text in urgent_texts(language, settings)]
        self.voice.warm(in_danger, clauses=1, urgent=True)
        texts = [*in_danger, *((self.goodbye(language, "shutdown"), language) for language in LANGUAGES)]
        if ahead:
            texts += [(text, language) for language in LANGUAGES for text in all_fixed_texts(language, settings)]
            texts += [(text, language) for language in LANGUAGES for text in self.knowledge.spoken_texts(language)]
        for clauses in (1, None):
            self.voice.warm(texts, clauses=clauses)


def _place_of(call: CallRunner) -> CallQueue:
    """Return a call's place in the queue."""
    return call.waiting


async def _all_ended(calls: list[CallRunner], patience_s: float) -> bool:
    endings = [asyncio.create_task(call.ended.wait()) for call in calls]
    _, late = await asyncio.wait(endings, timeout=patience_s) if endings else (set(), set())
    for ending in late:
        ending.cancel()
    return not late
