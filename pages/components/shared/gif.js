// An encoder of animated GIFs: greys and few colours exactly, many colours by a fixed cube of them.

const LEVELS = [6, 7, 6]; // of red, green and blue in the cube: 252 colours
const CODES = 4096; // a GIF's codes have 12 bits at the most

// Frames of one size, added one by one as RGBA; `bytes()` is the file, which plays for ever.
export class Gif {
  constructor(width, height) {
    Object.assign(this, { width, height, frames: [], places: new Map(), exact: true });
  }

  // `rgba` as in ImageData, shown for `delay` ms.
  add(rgba, delay) {
    const words = new Uint32Array(rgba.buffer, rgba.byteOffset, this.width * this.height);
    if (this.exact && !this.learn(words)) this.widen();
    const pixels = Uint8Array.from(words, this.exact ? (word) => this.places.get(word) : cubed);
    this.frames.push({ pixels, delay });
  }

  // Whether the palette still has room for all colours of a frame.
  learn(words) {
    let last = -1;
    for (const word of words) {
      if (word === last || this.places.has(word)) { last = word; continue; }
      if (this.places.size === 256) return false;
      this.places.set((last = word), this.places.size);
    }
    return true;
  }

  // Go over to the cube, with the frames that are there.
  widen() {
    const colours = Uint8Array.from(this.places.keys(), cubed);
    for (const frame of this.frames) frame.pixels = frame.pixels.map((place) => colours[place]);
    this.exact = false;
  }

  bytes() {
    const out = new Bytes(), palette = this.exact ? [...this.places.keys()] : cube();
    out.text("GIF89a").short(this.width).short(this.height).bytes(0xf7, 0, 0); // a palette of 256
    for (let i = 0; i < 256; i++) out.bytes(palette[i] & 255, (palette[i] >> 8) & 255, (palette[i] >> 16) & 255);
    out.bytes(0x21, 0xff, 11).text("NETSCAPE2.0").bytes(3, 1).short(0).bytes(0); // for ever
    for (const { pixels, delay } of this.frames) {
      out.bytes(0x21, 0xf9, 4, 4).short(Math.round(delay / 10)).bytes(0, 0);
      out.bytes(0x2c).short(0).short(0).short(this.width).short(this.height).bytes(0);
      out.blocks(packed(pixels));
    }
    return out.bytes(0x3b).done();
  }
}

// The place in the cube that is nearest to an RGBA word (little-endian, as typed arrays have it).
function cubed(word) {
  return (level(word, 0) * LEVELS[1] + level(word, 1)) * LEVELS[2] + level(word, 2);
}

const level = (word, i) => Math.round((((word >>> (8 * i)) & 255) * (LEVELS[i] - 1)) / 255);

function cube() {
  const shade = (place, levels) => Math.round((255 * place) / (levels - 1)), [, greens, blues] = LEVELS;
  return Array.from({ length: LEVELS[0] * greens * blues }, (_, i) =>
    shade(Math.floor(i / (greens * blues)), LEVELS[0]) | (shade(Math.floor(i / blues) % greens, greens) << 8) | (shade(i % blues, blues) << 16));
}

// LZW with codes that grow from nine bits to twelve.
function packed(pixels) {
  const CLEAR = 256, END = 257, next = new Uint16Array(CODES * 256), out = new Bytes();
  let free = END + 1, bits = 9, held = 0, room = 0;
  const emit = (code) => {
    held |= code << room;
    for (room += bits; room >= 8; room -= 8, held >>>= 8) out.bytes(held & 255);
  };
  emit(CLEAR);
  let prefix = pixels[0];
  for (let i = 1; i < pixels.length; i++) {
    const pixel = pixels[i], place = (prefix << 8) | pixel;
    if (next[place]) { prefix = next[place]; continue; }
    emit(prefix);
    prefix = pixel;
    if (free < CODES) {
      bits += free === 1 << bits; // the reader is one code behind
      next[place] = free++;
      continue;
    }
    emit(CLEAR);
    next.fill(0);
    [free, bits] = [END + 1, 9];
  }
  emit(prefix);
  emit(END);
  if (room) out.bytes(held & 255);
  return out.done();
}

// Bytes that grow.
class Bytes {
  constructor() {
    Object.assign(this, { data: new Uint8Array(1 << 16), length: 0 });
  }

  bytes(...values) {
    return this.append(values);
  }

  append(values) {
    if (this.length + values.length > this.data.length) {
      const larger = new Uint8Array(2 * (this.length + values.length));
      larger.set(this.data);
      this.data = larger;
    }
    this.data.set(values, this.length);
    this.length += values.length;
    return this;
  }

  short(value) {
    return this.bytes(value & 255, value >> 8);
  }

  text(letters) {
    return this.append([...letters].map((letter) => letter.charCodeAt(0)));
  }

  // Image data: the least code size, then blocks of up to 255 bytes, then an empty one.
  blocks(data) {
    this.bytes(8);
    for (let at = 0; at < data.length; at += 255) this.bytes(Math.min(255, data.length - at)).append(data.subarray(at, at + 255));
    return this.bytes(0);
  }

  done() {
    return this.data.slice(0, this.length);
  }
}
