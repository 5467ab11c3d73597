// The present, a second at a time, for timers and countdowns.

import { signal } from "@preact/signals";

export const now_ms = signal(Date.now());

let timer: number | undefined;
let users = 0;

/** Read the time at once: what has just come must not seem to be from the future. */
export function readClock(): void {
  now_ms.value = Date.now();
}

/** Let the clock run until the returned function is called. */
export function useClock(): () => void {
  users += 1;
  readClock();
  timer ??= window.setInterval(readClock, 500);
  return () => {
    users -= 1;
    if (users === 0) {
      window.clearInterval(timer);
      timer = undefined;
    }
  };
}
