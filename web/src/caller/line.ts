// The line of one call: microphone, WebRTC, captions. Tells its owner what happens; shows nothing.

import type { FeedMessage } from "./captions";
import { CallTrouble, ofAnswer, ofMicrophone, type Trouble } from "./trouble";

export interface PageSettings {
  readonly company: string;
  readonly recording: "stay" | "ask" | "off";
  readonly emotion: "stay" | "ask" | "off";
  readonly ice_servers: readonly string[];
}

export interface LineOwner {
  ringing(): void;
  connected(sound: MediaStream): void;
  caption(message: FeedMessage): void;
  captionsLost(lost: boolean): void;
  trouble(trouble: Trouble): void;
  /** The line is closed; `trouble` when not by anybody's wish. */
  over(trouble: Trouble | null): void;
}

interface Answer {
  readonly call_id: string;
  readonly type: "answer";
  readonly sdp: string;
  readonly captions_token: string;
}

/** Gathering that takes longer goes on without the missing candidates; host candidates come at once. */
const GATHER_MS = 3_000;
/** Media that does not flow by then never will. Above what ICE needs to try every pair. */
const CONNECT_MS = 20_000;
/** A connection that is broken for so long is over. Below that, networks change without anybody noticing. */
const BROKEN_MS = 8_000;

export class Line {
  private connection: RTCPeerConnection | null = null;
  private socket: WebSocket | null = null;
  private answer: Answer | null = null;
  /** What comes from the line, until it is connected: the browser offers it earlier than that. */
  private sound: MediaStream | null = null;
  private broken: number | undefined;
  private keys: Promise<boolean> = Promise.resolve(true);
  private closed = false;
  private retries = 0;
  microphone: MediaStream | null = null;

  constructor(
    private readonly owner: LineOwner,
    private readonly settings: PageSettings,
    private readonly called: string,
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
    for (const track of this.microphone?.getAudioTracks() ?? []) track.enabled = !muted;
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
    const urls = [...this.settings.ice_servers];
    const connection = new RTCPeerConnection({ iceServers: urls.length ? [{ urls }] : [] });
    this.connection = connection;
    connection.ontrack = (event) => {
      this.sound = event.streams[0] ?? new MediaStream([event.track]);
    };
    connection.onconnectionstatechange = () => this.stateChanged(connection);
    for (const track of microphone.getAudioTracks()) {
      connection.addTrack(track, microphone);
      track.onended = () => this.closed || this.owner.trouble("microphone_lost");
    }
    await connection.setLocalDescription(await connection.createOffer());
    await gathered(connection);
    if (this.closed) return;
    this.answer = await this.offer(connection.localDescription?.sdp ?? "");
    if (this.closed) return void this.ask("DELETE", "");
    this.listen();
    await connection.setRemoteDescription(this.answer);
    window.setTimeout(() => {
      if (connection.connectionState === "new" || connection.connectionState === "connecting") this.close("no_media");
    }, CONNECT_MS);
  }

  private async offer(sdp: string): Promise<Answer> {
    let response: Response;
    try {
      const body = JSON.stringify({ sdp, type: "offer", called: this.called });
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
    window.clearTimeout(this.broken);
    if (connection.connectionState === "connected" && this.sound !== null) {
      this.owner.connected(this.sound);
      this.sound = null; // a connection that mends itself does not begin anew
    }
    if (connection.connectionState === "failed") this.close(this.answer === null ? "no_media" : "cut_off");
    if (connection.connectionState === "closed") this.close(null);
    if (connection.connectionState === "disconnected") {
      this.broken = window.setTimeout(() => this.close("cut_off"), BROKEN_MS);
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
    window.clearTimeout(this.broken);
    for (const track of this.microphone?.getTracks() ?? []) track.stop();
    this.connection?.close();
    const { socket } = this;
    // The last captions may still be on their way.
    if (socket !== null) window.setTimeout(() => socket.close(), 2_000);
  }
}

async function openMicrophone(): Promise<MediaStream> {
  if (!window.isSecureContext) throw new CallTrouble("not_secure");
  if (!("RTCPeerConnection" in window) || !navigator.mediaDevices) throw new CallTrouble("no_webrtc");
  try {
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    throw new CallTrouble(ofMicrophone(error));
  }
}

function gathered(connection: RTCPeerConnection): Promise<void> {
  return new Promise((done) => {
    if (connection.iceGatheringState === "complete") return done();
    const late = window.setTimeout(done, GATHER_MS);
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState !== "complete") return;
      window.clearTimeout(late);
      done();
    });
  });
}
