// The replay of one call: one position for sound, words, emotion and events.

import { batch, signal } from "@preact/signals";

/** How far the arrows move. */
const STEP_MS = 5_000;

export class Replay {
  readonly now_ms = signal(0);
  readonly playing = signal(false);
  /** There is sound to play. */
  readonly ready = signal(false);
  /** The recording is not there any more. */
  readonly missing = signal(false);
  readonly rate = signal(1);
  /** The event that j or k chose; several may share one time. */
  readonly picked = signal<number | null>(null);
  /** Grows with every jump, so that lists follow even to a time where they already are. */
  readonly jumps = signal(0);
  private audio: HTMLAudioElement | null = null;
  private frame = 0;

  /** Use the sound of `audio`; the returned function lets go of it. */
  attach(audio: HTMLAudioElement): () => void {
    this.audio = audio;
    const tick = () => {
      this.now_ms.value = audio.currentTime * 1000;
      this.frame = audio.paused ? 0 : requestAnimationFrame(tick);
    };
    const started = () => {
      this.playing.value = true;
      cancelAnimationFrame(this.frame);
      this.frame = requestAnimationFrame(tick);
    };
    const stopped = () => {
      this.playing.value = false;
    };
    const loaded = () => {
      this.ready.value = true;
      audio.currentTime = this.now_ms.value / 1000;
    };
    const failed = () => {
      this.ready.value = false;
    };
    const events = { play: started, pause: stopped, ended: stopped, loadedmetadata: loaded, error: failed };
    for (const [name, listener] of Object.entries(events)) audio.addEventListener(name, listener);
    return () => {
      cancelAnimationFrame(this.frame);
      for (const [name, listener] of Object.entries(events)) audio.removeEventListener(name, listener);
      audio.pause();
      this.audio = null;
      this.ready.value = false;
    };
  }

  toggle(): void {
    if (this.audio === null || !this.ready.value) return;
    if (this.audio.paused) void this.audio.play();
    else this.audio.pause();
  }

  seek(t_ms: number, picked: number | null = null): void {
    const to = Math.max(0, t_ms);
    batch(() => {
      this.now_ms.value = to;
      this.picked.value = picked;
      this.jumps.value += 1;
    });
    if (this.audio !== null && this.ready.value) this.audio.currentTime = to / 1000;
  }

  setRate(rate: number): void {
    this.rate.value = rate;
    if (this.audio !== null) this.audio.playbackRate = rate;
  }

  /** Go to the next (1) or previous (-1) of `events`, which are in order of time. */
  step(events: readonly { readonly seq: number; readonly t_ms: number }[], way: 1 | -1): void {
    const now = this.now_ms.value;
    const here = events.findIndex((event) => event.seq === this.picked.value);
    const next =
      here >= 0
        ? events[here + way]
        : way > 0
          ? events.find((event) => event.t_ms > now + 1)
          : events.findLast((event) => event.t_ms < now - 1);
    if (next !== undefined) this.seek(next.t_ms, next.seq);
  }

  /** Take a key of the page; true when it meant something here. */
  key(event: KeyboardEvent, events: readonly { readonly seq: number; readonly t_ms: number }[]): boolean {
    const at = event.target instanceof Element ? event.target : null;
    if (event.ctrlKey || event.metaKey || event.altKey || at?.closest("input, textarea, select")) return false;
    switch (event.key) {
      case " ":
        if (at?.closest("button, a, summary")) return false;
        this.toggle();
        return true;
      case "ArrowLeft":
        this.seek(this.now_ms.value - STEP_MS);
        return true;
      case "ArrowRight":
        this.seek(this.now_ms.value + STEP_MS);
        return true;
      case "j":
        this.step(events, 1);
        return true;
      case "k":
        this.step(events, -1);
        return true;
      default:
        return false;
    }
  }
}
