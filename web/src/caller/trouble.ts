// What can keep a call from working, told apart so that each gets its own advice.

export type Trouble =
  | "microphone_denied"
  | "microphone_unanswered"
  | "microphone_blocked"
  | "microphone_missing"
  | "microphone_busy"
  | "microphone_lost"
  | "microphone_silent"
  | "not_secure"
  | "no_webrtc"
  | "offline"
  | "busy"
  | "too_many"
  | "too_often"
  | "refused"
  | "no_media"
  | "cut_off";

/** A call that could not be made, with the reason that people are told. */
export class CallTrouble extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble);
  }
}

/** What a refused `getUserMedia` means. `permission` is what the browser remembers of the visitor's answer.
 * Source: Media Capture and Streams, section 10.3; Chromium names the system and a closed question in the message. */
export function ofMicrophone(error: unknown, permission: PermissionState | "" = ""): Trouble {
  const { name, message } = error instanceof Error || error instanceof DOMException ? error : { name: "", message: "" };
  if (name === "NotAllowedError" || name === "SecurityError") {
    if (/system/i.test(message) || permission === "granted") return "microphone_blocked";
    return permission === "prompt" || /dismissed/i.test(message) ? "microphone_unanswered" : "microphone_denied";
  }
  if (name === "NotFoundError" || name === "OverconstrainedError") return "microphone_missing";
  return "microphone_busy";
}

/** What the answer to a call that was not taken means: its status, and the code that the service gives. */
export function ofAnswer(status: number, code: unknown): Trouble {
  if (code === "web.too_often") return "too_often";
  if (code === "web.site_busy") return "busy";
  if (status === 429) return "too_many";
  if (status === 503 || code === "call.refused" || code === "webrtc.full") return "busy";
  if (code === "webrtc.ice_timeout") return "no_media";
  return status === 502 || status === 504 ? "offline" : "refused";
}
