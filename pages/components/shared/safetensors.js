// Read a safetensors file: eight bytes of header length, a JSON header, raw little-endian data.
const types = { U8: Uint8Array, F32: Float32Array, I32: Int32Array, I64: BigInt64Array };

export function parse(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const arrays = {};
  delete header.__metadata__; // words, and no array
  for (const [name, { dtype, shape, data_offsets: [start, end] }] of Object.entries(header)) {
    const bytes = buffer.slice(8 + length + start, 8 + length + end);
    arrays[name] = { shape, data: dtype === "F16" ? halves(new Uint16Array(bytes)) : new types[dtype](bytes) };
  }
  return arrays;
}

// IEEE half precision to float: sign, five bits of exponent, ten of mantissa.
function halves(bits) {
  return Float32Array.from(bits, (h) => {
    const sign = h & 0x8000 ? -1 : 1, exponent = (h >> 10) & 31, mantissa = h & 1023;
    if (exponent === 0) return sign * mantissa * 2 ** -24;
    if (exponent === 31) return mantissa ? NaN : sign * Infinity;
    return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
  });
}
