// The visitor's microphone: opened with the reason when it cannot be, watched while the call goes on, taken back when it
// was away.

import { CallTrouble, ofMicrophone, type Trouble } from "./trouble";

/** A device that was pulled out leaves the list of devices a moment later than its sound ends. */
const SETTLE_MS = 400;
/** A sound card that stumbles is silent for a moment too, and no matter for people. */
const SILENT_MS = 1_500;

export interface MicrophoneOwner {
  /** What is wrong with it now; null when it works again. */
  microphoneTrouble(trouble: Trouble | null): void;
  /** It is another stream from now on. */
  microphoneBack(stream: MediaStream): void;
}

/** Ask for the microphone. Throws `CallTrouble`. */
export async function openMicrophone(): Promise<MediaStream> {
  if (!window.isSecureContext) throw new CallTrouble("not_secure");
  if (!("RTCPeerConnection" in window) || !navigator.mediaDevices) throw new CallTrouble("no_webrtc");
  try {
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    throw new CallTrouble(ofMicrophone(error, await permission()));
  }
}

/** Tell `owner` when the microphone goes away, falls silent by the system's wish, or comes back; returns what ends it. */
export function watchMicrophone(first: MediaStream, owner: MicrophoneOwner): () => void {
  let over = false;
  let away = false;
  let trying = false;
  let onceMore = false;
  const devices = navigator.mediaDevices;

  const follow = (stream: MediaStream) => {
    for (const track of stream.getAudioTracks()) {
      track.addEventListener("ended", lost);
      track.addEventListener("mute", () => window.setTimeout(() => silent(track), SILENT_MS));
      track.addEventListener("unmute", () => over || away || owner.microphoneTrouble(null));
    }
  };
  const silent = (track: MediaStreamTrack) => {
    if (!over && !away && track.muted && track.readyState === "live") owner.microphoneTrouble("microphone_silent");
  };
  const lost = () => {
    if (over || away) return;
    away = true;
    owner.microphoneTrouble("microphone_lost");
    window.setTimeout(again, SETTLE_MS); // another microphone may be there
  };
  const again = async () => {
    if (over || !away) return;
    if (trying) {
      onceMore = true; // what has changed since may be what is missing
      return;
    }
    trying = true;
    try {
      const stream = await openMicrophone();
      if (over) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      away = false;
      follow(stream);
      owner.microphoneBack(stream);
      owner.microphoneTrouble(null);
    } catch (error) {
      const why = error instanceof CallTrouble ? error.trouble : "microphone_lost";
      if (!over) owner.microphoneTrouble(why === "microphone_missing" ? "microphone_lost" : why);
    } finally {
      trying = false;
      if (onceMore) {
        onceMore = false;
        void again();
      }
    }
  };
  const changed = () => window.setTimeout(again, SETTLE_MS);

  follow(first);
  devices.addEventListener("devicechange", changed);
  return () => {
    over = true;
    devices.removeEventListener("devicechange", changed);
  };
}

/** What the browser remembers of the visitor's answer; empty where it does not tell. */
async function permission(): Promise<PermissionState | ""> {
  try {
    return (await navigator.permissions.query({ name: "microphone" as PermissionName })).state;
  } catch {
    return "";
  }
}
