// What a part shows over time, frame by frame as the run recorded it: as an animated GIF, or as a video.
import { Gif } from "./gif.js";
import { compose } from "./picture.js";

const REST = 1500; // ms on the last frame
const PACE = 12; // frames a second, as the run bar plays them
const TYPES = [["mp4", "video/mp4;codecs=avc1.42E01E"], ["mp4", "video/mp4"], ["webm", "video/webm;codecs=vp9"], ["webm", "video/webm"]];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Draws the part at each frame in turn, and calls `take(sheet, delay)` with the canvas it was put on.
async function reel(parent, mount, sheet, take) {
  const { run, clock, others } = mount, steps = clock.steps;
  while (run.loaded < run.own.length && run.source) await pause(50); // they are on their way
  for (const step of steps) {
    mount.draw(run, mount.data, mount.at(step), others);
    await take(compose(parent, sheet, 1), step === steps.at(-1) ? REST : 1000 / PACE);
  }
  mount.redraw();
}

export async function film(parent, mount) {
  const sheet = document.createElement("canvas");
  let gif = null;
  await reel(parent, mount, sheet, (shown, delay) => {
    const { width, height } = shown;
    gif ??= new Gif(width, height);
    gif.add(shown.getContext("2d").getImageData(0, 0, gif.width, gif.height).data, delay);
    return pause(0); // the page stays at hand
  });
  return new Blob([gif.bytes()], { type: "image/gif" });
}

export const video = {
  // What the browser can record: MP4 if it can, which everything plays; null where it records nothing.
  format() {
    const found = TYPES.find(([, type]) => globalThis.MediaRecorder?.isTypeSupported(type));
    return found ? { extension: found[0], type: found[1] } : null;
  },

  // Recorded in as much time as it plays.
  async record(parent, mount, type) {
    const even = compose(parent, document.createElement("canvas"), 1), frame = document.createElement("canvas");
    even.width -= even.width % 2; // as codecs want it
    even.height -= even.height % 2;
    const context = even.getContext("2d"), stream = even.captureStream(0), [track] = stream.getVideoTracks(), pieces = [];
    const recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: 8_000_000 });
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    const ended = new Promise((resolve) => { recorder.onstop = resolve; });
    recorder.start();
    await reel(parent, mount, frame, async (shown, delay) => {
      context.drawImage(shown, 0, 0);
      track.requestFrame();
      await pause(delay);
      if (delay === REST) track.requestFrame(); // else the last frame would have no length
    });
    recorder.stop();
    await ended;
    return new Blob(pieces, { type: type.split(";")[0] });
  },
};
