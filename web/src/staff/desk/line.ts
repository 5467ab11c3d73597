// The agent's own line: microphone and WebRTC, kept between calls, opened anew when it breaks. Shows nothing.

import { signal } from "@preact/signals";
import { openMicrophone, watchMicrophone } from "../../caller/microphone";
import { CallTrouble } from "../../caller/trouble";
import { Refused, send } from "../api";
import { desk, useDesk, WINDOW } from "./feed";

export type LineTrouble = "" | "microphone" | "failed";

/** Whether this page's line is there; `elsewhere`: another window of the agent has it. */
export const lineIs = signal<"closed" | "opening" | "up" | "elsewhere">("closed");
export const lineTrouble = signal<LineTrouble>("");

const TRICKLE_MS = 50;
const ASK_MS = 400;
/** A connection that mends itself does so before; then another one is opened. */
const PATIENCE_MS = 1_500;
const AGAIN_MS = 3_000;
/** How often a window looks whether the one that has the line is gone. */
const LOOK_MS = 5_000;

let connection: RTCPeerConnection | null = null;
let microphone: MediaStream | null = null;
let unwatch: () => void = () => undefined;
let wanted = false;
let again: number | undefined;
let looking: number | undefined;
const player = globalThis.document?.createElement("audio");

/** Open the line, or leave it as it is when it is there; with `take` it is taken from another window. */
export async function openLine(take = false): Promise<void> {
  wanted = true;
  if (lineIs.value === "opening" || lineIs.value === "up") return;
  window.clearTimeout(again);
  lineIs.value = "opening";
  lineTrouble.value = "";
  try {
    microphone ??= await takeMicrophone();
    await connect(microphone, take);
  } catch (error) {
    if (error instanceof Refused && error.code === "desk.line_elsewhere") return giveUp();
    lineIs.value = "closed";
    lineTrouble.value = error instanceof CallTrouble ? "microphone" : "failed";
    if (lineTrouble.value === "failed") later();
  }
}

/** Another window has the line: let go of what is here, end nothing, and look whether that window goes away. */
function giveUp(): void {
  wanted = false;
  window.clearTimeout(again);
  drop();
  unwatch();
  for (const track of microphone?.getTracks() ?? []) track.stop();
  microphone = null;
  lineIs.value = "elsewhere";
  window.clearInterval(looking);
  looking = window.setInterval(() => {
    if (lineIs.value !== "elsewhere") window.clearInterval(looking);
    else if (desk.value.line !== "up") void openLine();
  }, LOOK_MS);
}

/** Follow which window has the line, until the returned function is called. */
export function useLine(): () => void {
  let had = false;
  return useDesk(() => {
    const { line, linePage } = desk.value;
    if (linePage === WINDOW) had = line !== "gone";
    else if (had && linePage !== "" && line !== "gone") {
      had = false;
      giveUp();
    }
  });
}

async function takeMicrophone(): Promise<MediaStream> {
  const stream = await openMicrophone();
  unwatch = watchMicrophone(stream, {
    microphoneTrouble: (trouble) => {
      lineTrouble.value = trouble === null ? "" : "microphone";
    },
    microphoneBack: (back) => {
      microphone = back;
      const track = back.getAudioTracks()[0] ?? null;
      for (const sender of connection?.getSenders() ?? []) void sender.replaceTrack(track);
    },
  });
  return stream;
}

async function connect(stream: MediaStream, take: boolean): Promise<void> {
  const iceServers = await send<RTCIceServer[]>("POST", "/api/desk/line/ice-servers").catch(() => []);
  const opened = new RTCPeerConnection({ iceServers });
  connection = opened;
  opened.ontrack = (event) => {
    if (player === undefined) return;
    player.srcObject = event.streams[0] ?? new MediaStream([event.track]);
    void player.play().catch(() => undefined);
  };
  opened.onconnectionstatechange = () => changed(opened);
  for (const track of stream.getAudioTracks()) opened.addTrack(track, stream);
  const start = trickle(opened);
  await opened.setLocalDescription(await opened.createOffer());
  const offer = { sdp: opened.localDescription?.sdp ?? "", type: "offer", page: WINDOW, take };
  await opened.setRemoteDescription(await send<RTCSessionDescriptionInit>("POST", "/api/desk/line", offer));
  start();
}

function changed(of: RTCPeerConnection): void {
  if (of !== connection) return;
  const state = of.connectionState;
  if (state === "connected") {
    lineIs.value = "up";
    window.clearTimeout(again);
  }
  if (state === "disconnected") later(PATIENCE_MS);
  if (state === "failed" || state === "closed") later(0);
}

function later(wait_ms: number = AGAIN_MS): void {
  window.clearTimeout(again);
  again = window.setTimeout(() => {
    if (!wanted || connection?.connectionState === "connected") return;
    drop();
    void openLine();
  }, wait_ms);
}

function drop(): void {
  const former = connection;
  connection = null;
  former?.close();
  lineIs.value = "closed";
}

/** Tell the service our candidates as they come, and take its own; what is returned starts it. Source: RFC 8838. */
function trickle(of: RTCPeerConnection): () => void {
  let waiting: string[] = [];
  let end = false;
  let taken = 0;
  let timer: number | undefined;
  let started = false;
  const tell = async () => {
    timer = undefined;
    if (of !== connection) return;
    const candidates = waiting;
    waiting = [];
    const told = await send<{ candidates: string[]; end: boolean }>("POST", "/api/desk/line/candidates", {
      candidates,
      end,
    }).catch(() => null);
    if (told === null || of !== connection) return;
    for (const candidate of told.candidates.slice(taken)) {
      await of.addIceCandidate({ candidate, sdpMid: "0" }).catch(() => undefined);
    }
    taken = told.candidates.length;
    if (!told.end) timer ??= window.setTimeout(() => void tell(), ASK_MS);
  };
  of.onicecandidate = ({ candidate }) => {
    if (candidate?.candidate) waiting.push(candidate.candidate);
    else end = true;
    if (started) timer ??= window.setTimeout(() => void tell(), TRICKLE_MS);
  };
  return () => {
    started = true;
    timer ??= window.setTimeout(() => void tell(), 0);
  };
}

globalThis.window?.addEventListener("online", () => later(0));
