// The line of one call: microphone, WebRTC, captions. Tells its owner what happens; shows nothing.

import type { FeedMessage } from "./captions";
import { openMicrophone, watchMicrophone } from "./microphone";
import { CallTrouble, ofAnswer, type Trouble } from "./trouble";

export interface PageSettings {
  readonly company: string;
  readonly recording: "stay" | "ask" | "off";
  readonly emotion: "stay" | "ask" | "off";
}

export interface LineOwner {
  ringing(): void;
  connected(sound: MediaStream): void;
  caption(message: FeedMessage): void;
  captionsLost(lost: boolean): void;
  /** What is wrong while the call goes on; null when it is right again. */
  trouble(trouble: Trouble | null): void;
  /** The microphone is another one from now on. */
  microphoneChanged(): void;
  /** The line is closed; `trouble` when not by anybody's wish. */
  over(trouble: Trouble | null): void;
}

interface Answer {
  readonly call_id: string;
  readonly type: "answer";
  readonly sdp: string;
  readonly captions_token: string;
}

/** Candidates that come together travel together. */
const TRICKLE_MS = 50;
/** How often the service is asked for candidates of its own that it had not found when it answered. */
const ASK_MS = 400;
/** A connection that mends itself does so before; then another one is tried. */
const PATIENCE_MS = 1_500;
/** Media that does not flow by then never will. Above what ICE needs to try every pair. */
const CONNECT_MS = 20_000;
/** A connection that is broken for so long is over: the service waits as long for this page to come back. */
const BROKEN_MS = 15_000;

export class Line {
  private connection: RTCPeerConnection | null = null;
  private socket: WebSocket | null = null;
  private answer: Answer | null = null;
  /** What comes from the line, until it is connected: the browser offers it earlier than that. */
  private sound: MediaStream | null = null;
  private broken: number | undefined;
  private again: number | undefined;
  private moving = false;
  private up = false;
  private keys: Promise<boolean> = Promise.resolve(true);
  private closed = false;
  private muted = false;
  private unwatch: () => void = () => undefined;
  private retries = 0;
  microphone: MediaStream | null = null;

  constructor(
    private readonly owner: LineOwner,
    private readonly called: string,
    /** From the chat that the visitor calls from: they are the same customer there. */
    private readonly pass: string = "",
  ) {}

  /** Ask for the microphone and ring. Throws `CallTrouble`. */
  async dial(): Promise<void> {
    try {
      this.microphone = await openMicrophone();
      if (this.closed) return this.release();
      this.owner.ringing();
      await this.connect(this.microphone);
    } catch (error) {
      void this.ask("DELETE", "");
      this.release();
      throw error;
    }
  }

  mute(muted: boolean): void {
    this.muted = muted;
    for (const track of this.microphone?.getAudioTracks() ?? []) track.enabled = !muted;
  }

  /** Speak through another microphone, on the connection as it is. */
  private takeMicrophone(stream: MediaStream): void {
    for (const track of this.microphone?.getTracks() ?? []) track.stop();
    this.microphone = stream;
    this.mute(this.muted);
    const track = stream.getAudioTracks()[0] ?? null;
    for (const sender of this.connection?.getSenders() ?? []) void sender.replaceTrack(track);
    this.owner.microphoneChanged();
  }

  /** Press a key of the phone; false when it did not arrive. One waits for the other, so that they keep their order. */
  press(digits: string): Promise<boolean> {
    const sent = this.keys.then(async () => (await this.ask("POST", "/digits", JSON.stringify({ digits })))?.ok ?? false);
    this.keys = sent;
    return sent;
  }

  hangUp(): void {
    if (this.closed) return;
    void this.ask("DELETE", "");
    this.close(null);
  }

  private async connect(microphone: MediaStream): Promise<void> {
    const connection = await this.open(microphone);
    this.connection = connection;
    const trickle = this.trickle(connection);
    this.unwatch = watchMicrophone(microphone, {
      microphoneTrouble: (trouble) => this.closed || this.owner.trouble(trouble),
      microphoneBack: (stream) => this.takeMicrophone(stream),
    });
    await connection.setLocalDescription(await connection.createOffer());
    if (this.closed) return;
    this.answer = await this.offer(connection.localDescription?.sdp ?? "");
    if (this.closed) return void this.ask("DELETE", "");
    this.listen();
    await connection.setRemoteDescription(this.answer);
    trickle();
    window.addEventListener("online", this.networkChanged);
    window.setTimeout(() => {
      if (connection.connectionState === "new" || connection.connectionState === "connecting") this.close("no_media");
    }, CONNECT_MS);
  }

  /** A connection with the microphone on it, that tells when it is up or broken. */
  private async open(microphone: MediaStream): Promise<RTCPeerConnection> {
    const connection = new RTCPeerConnection({ iceServers: await relays() });
    connection.ontrack = (event) => {
      this.sound = event.streams[0] ?? new MediaStream([event.track]);
    };
    connection.onconnectionstatechange = () => this.stateChanged(connection);
    for (const track of microphone.getAudioTracks()) connection.addTrack(track, microphone);
    return connection;
  }

  /** Tell the service our candidates as they come, and take its own; what is returned starts it. Source: RFC 8838. */
  private trickle(connection: RTCPeerConnection): () => void {
    let waiting: string[] = [];
    let end = false;
    let taken = 0;
    let timer: number | undefined;
    let started = false;
    const tell = async () => {
      timer = undefined;
      if (this.closed || connection.signalingState === "closed") return;
      const body = JSON.stringify({ candidates: waiting, end });
      waiting = [];
      const response = await this.ask("POST", "/candidates", body);
      if (!response?.ok) return;
      const told = (await response.json()) as { candidates: string[]; end: boolean };
      for (const candidate of told.candidates.slice(taken)) {
        await connection.addIceCandidate({ candidate, sdpMid: "0" }).catch(() => undefined);
      }
      taken = told.candidates.length;
      if (!told.end) timer ??= window.setTimeout(tell, ASK_MS);
    };
    connection.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) waiting.push(candidate.candidate);
      else end = true;
      if (started) timer ??= window.setTimeout(tell, TRICKLE_MS);
    };
    return () => {
      started = true;
      timer ??= window.setTimeout(tell, 0);
    };
  }

  private readonly networkChanged = () => void this.move();

  /** Go on over a connection made anew: the old one's network is gone, or about to go. */
  private async move(): Promise<void> {
    const { microphone, answer, connection: former } = this;
    if (this.closed || this.moving || microphone === null || answer === null) return;
    this.moving = true;
    let next: RTCPeerConnection | null = null;
    try {
      next = await this.open(microphone);
      const trickle = this.trickle(next);
      await next.setLocalDescription(await next.createOffer());
      const body = JSON.stringify({ sdp: next.localDescription?.sdp ?? "", type: "offer" });
      const response = await this.ask("POST", "/offer", body);
      if (!response?.ok || this.closed) throw new CallTrouble("offline");
      this.connection = next;
      await next.setRemoteDescription((await response.json()) as RTCSessionDescriptionInit);
      trickle();
      former?.close();
    } catch {
      if (this.connection === next) this.connection = former;
      next?.close();
      if (!this.closed) this.retryMove();
    } finally {
      this.moving = false;
    }
  }

  private retryMove(): void {
    window.clearTimeout(this.again);
    this.again = window.setTimeout(this.networkChanged, PATIENCE_MS);
  }

  private async offer(sdp: string): Promise<Answer> {
    let response: Response;
    try {
      const body = JSON.stringify({ sdp, type: "offer", called: this.called, visitor_pass: this.pass });
      response = await fetch("/api/web-calls", { method: "POST", headers: { "content-type": "application/json" }, body });
    } catch {
      throw new CallTrouble("offline");
    }
    if (!response.ok) {
      const told = (await response.json().catch(() => ({}))) as { code?: unknown };
      throw new CallTrouble(ofAnswer(response.status, told.code));
    }
    return (await response.json()) as Answer;
  }

  private stateChanged(connection: RTCPeerConnection): void {
    if (connection !== this.connection || this.closed) return;
    const state = connection.connectionState;
    if (state === "connected") {
      window.clearTimeout(this.broken);
      window.clearTimeout(this.again);
      this.broken = undefined;
      if (this.sound !== null) this.owner.connected(this.sound);
      this.sound = null; // a connection that mends itself does not begin anew
      this.up = true;
    }
    if (state === "failed" && !this.up) this.close(this.answer === null ? "no_media" : "cut_off");
    if (state === "closed") this.close(null);
    if (this.up && (state === "disconnected" || state === "failed")) {
      this.broken ??= window.setTimeout(() => this.close("cut_off"), BROKEN_MS);
      this.retryMove();
    }
  }

  private listen(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/captions?token=${this.answer?.captions_token ?? ""}`);
    this.socket = socket;
    socket.onopen = () => {
      this.retries = 0;
      this.owner.captionsLost(false);
    };
    socket.onmessage = (message: MessageEvent<string>) => {
      const told = JSON.parse(message.data) as FeedMessage;
      this.owner.caption(told);
      const events = told.kind === "snapshot" ? told.events : told.kind === "event" ? [told.event] : [];
      if (events.some((event) => event.body.type === "call_ended")) this.close(null);
    };
    socket.onclose = (event) => {
      if (this.closed || event.code === 4401) return;
      this.owner.captionsLost(true);
      this.retries += 1;
      window.setTimeout(() => this.closed || this.listen(), Math.min(500 * 2 ** this.retries, 8_000));
    };
  }

  private async ask(method: "POST" | "DELETE", path: string, body: string | null = null): Promise<Response | null> {
    if (this.answer === null) return null;
    const headers = { authorization: `Bearer ${this.answer.captions_token}`, "content-type": "application/json" };
    try {
      return await fetch(`/api/web-calls/${this.answer.call_id}${path}`, { method, headers, body, keepalive: true });
    } catch {
      return null;
    }
  }

  private close(trouble: Trouble | null): void {
    if (this.closed) return;
    this.release();
    this.owner.over(trouble);
  }

  private release(): void {
    this.closed = true;
    this.unwatch();
    window.clearTimeout(this.broken);
    window.clearTimeout(this.again);
    window.removeEventListener("online", this.networkChanged);
    for (const track of this.microphone?.getTracks() ?? []) track.stop();
    this.connection?.close();
    const { socket } = this;
    // The last captions may still be on their way.
    if (socket !== null) window.setTimeout(() => socket.close(), 2_000);
  }
}

/** Who helps the sound through: asked for each connection, because what opens a relay expires. */
async function relays(): Promise<RTCIceServer[]> {
  try {
    const response = await fetch("/api/web-calls/ice-servers", { method: "POST" });
    return response.ok ? ((await response.json()) as RTCIceServer[]) : [];
  } catch {
    return []; // the offer will say that the service cannot be reached
  }
}
