import { describe, expect, it } from "vitest";
import { type Chosen, ChosenFiles, type FileRules, refusalOf } from "./files";

const RULES: FileRules = { most: 2, mb: 1, kinds: ["pdf", "png"] };

class Recorder {
  readonly frames: Record<string, unknown>[] = [];
  bytes = 0;
  up = true;
  readonly buffered = 0;

  send(frame: Readonly<Record<string, unknown>>): boolean {
    if (this.up) this.frames.push({ ...frame });
    return this.up;
  }

  sendBytes(piece: ArrayBuffer): boolean {
    if (this.up) this.bytes += piece.byteLength;
    return this.up;
  }
}

function chosen(pipe: Recorder): { files: ChosenFiles; settled: Chosen[] } {
  const settled: Chosen[] = [];
  return { files: new ChosenFiles(pipe, () => RULES, (each) => settled.push(each)), settled };
}

describe("the files that a visitor has chosen", () => {
  it("when a file cannot be sent then it is known before anything goes out", () => {
    expect(refusalOf({ name: "bill.PDF", size: 5 }, RULES)).toBe("");
    expect(refusalOf({ name: "bill.exe", size: 5 }, RULES)).toBe("files.bad_type");
    expect(refusalOf({ name: "bill", size: 5 }, RULES)).toBe("files.bad_type");
    expect(refusalOf({ name: "bill.pdf", size: 0 }, RULES)).toBe("files.empty");
    expect(refusalOf({ name: "bill.pdf", size: 1_000_001 }, RULES)).toBe("files.too_large");
  });

  it("when the service wants a file then all of it goes, and its ticket with the next message", async () => {
    const pipe = new Recorder();
    const { files, settled } = chosen(pipe);
    files.choose([new File(["x".repeat(100_000)], "bill.pdf"), new File(["y"], "photo.png"), new File(["z"], "third.png")]);
    expect(settled.map((each) => each.code)).toEqual(["files.too_many"]);
    expect(pipe.frames.map((each) => each["name"])).toEqual(["bill.pdf"]);
    const id = String(pipe.frames[0]?.["id"]);
    await files.wanted(id);
    expect(pipe.bytes).toBe(100_000);
    expect(files.busy.value).toBe(true);
    files.took(id, "ticket-1", "bill.pdf");
    expect(pipe.frames.map((each) => each["name"])).toEqual(["bill.pdf", "photo.png"]);
    files.refused(String(pipe.frames[1]?.["id"]), "files.bad_type", 0);
    expect(files.busy.value).toBe(false);
    expect(files.taken()).toEqual([{ ticket: "ticket-1", name: "bill.pdf" }]);
    expect(files.list.value).toEqual([]);
  });

  it("when the page is loaded again then files that came are still chosen, and others are told to be chosen again", () => {
    const pipe = new Recorder();
    const { files } = chosen(pipe);
    files.choose([new File(["x"], "bill.pdf"), new File(["y"], "photo.png"), new File(["z"], "tool.exe")]);
    files.took(String(pipe.frames[0]?.["id"]), "ticket-1", "bill.pdf");
    const kept = files.kept.value;
    expect(kept).toEqual([
      { name: "bill.pdf", ticket: "ticket-1" },
      { name: "photo.png", ticket: "" },
    ]);
    const later = new ChosenFiles(pipe, () => RULES, () => undefined, kept);
    expect(later.list.value.map((each) => [each.name, each.state, each.code])).toEqual([
      ["bill.pdf", "ready", ""],
      ["photo.png", "refused", "files.lost"],
    ]);
    expect(later.kept.value).toEqual(kept);
    expect(later.busy.value).toBe(false);
    later.next();
    expect(pipe.frames).toHaveLength(2);
    expect(later.taken()).toEqual([{ ticket: "ticket-1", name: "bill.pdf" }]);
    expect(later.kept.value).toEqual([]);
  });

  it("when the line breaks in the middle of a file then it is sent anew once it is back", async () => {
    const pipe = new Recorder();
    const { files } = chosen(pipe);
    files.choose([new File(["x".repeat(100_000)], "bill.pdf")]);
    const id = String(pipe.frames[0]?.["id"]);
    pipe.up = false;
    await files.wanted(id);
    files.broken();
    expect(files.list.value.map((each) => each.state)).toEqual(["waiting"]);
    pipe.up = true;
    files.next();
    expect(pipe.frames.map((each) => each["id"])).toEqual([id, id]);
    files.remove(id);
    await files.wanted(id);
    expect(pipe.bytes).toBe(0);
  });
});
