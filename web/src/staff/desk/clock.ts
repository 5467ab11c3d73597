// The present, a second at a time, for timers and countdowns.

import { signal } from "@preact/signals";

export const now_ms = signal(Date.now());

let timer: number | undefined;
let users = 0;

/** Let the clock run until the returned function is called. */
export function useClock(): () => void {
  users += 1;
  now_ms.value = Date.now();
  timer ??= window.setInterval(() => {
    now_ms.value = Date.now();
  }, 500);
  return () => {
    users -= 1;
    if (users === 0) {
      window.clearInterval(timer);
      timer = undefined;
    }
  };
}
