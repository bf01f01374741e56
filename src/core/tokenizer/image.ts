/** What an image or a file counts for when its size cannot be told. */
export const BINARY_TOKENS = 1_000;

/** Width times height that make a token, and the most that an image is scaled down to. */
const PIXELS_PER_TOKEN = 750;
const IMAGE_TOKENS_MAX = 1_600;
const SIDE_MAX = 1_568;

/** The size stands in the first bytes, but in a JPEG behind whatever the camera wrote. */
const HEAD_BASE64_CHARS = 262_144;

/**
 * The input tokens of an image: https://docs.anthropic.com/en/docs/build-with-claude/vision (width x height / 750,
 * after it has been scaled down to 1,568 pixels and about 1,600 tokens). Other makers have other formulas of the same
 * order.
 * @param base64 of a PNG, JPEG, GIF or WebP; of anything else the constant is given
 */
export function imageTokens(base64: string): number {
  const size = imageSize(Buffer.from(base64.slice(0, HEAD_BASE64_CHARS), 'base64'));
  if (size === undefined) return BINARY_TOKENS;
  const scale = Math.min(1, SIDE_MAX / Math.max(size.width, size.height));
  const pixels = size.width * size.height * scale * scale;
  return Math.max(1, Math.min(IMAGE_TOKENS_MAX, Math.ceil(pixels / PIXELS_PER_TOKEN)));
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Reads the size from an image's first bytes; undefined if they do not tell. */
export function imageSize(head: Buffer): Size | undefined {
  const size = read(head);
  return size !== undefined && size.width > 0 && size.height > 0 ? size : undefined;
}

function read(head: Buffer): Size | undefined {
  if (head.length < 30) return undefined;
  const signature = head.toString('latin1', 0, 16);
  // https://www.w3.org/TR/png-3/#11IHDR
  if (signature.startsWith('\x89PNG\r\n\x1a\n')) {
    return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
  }
  if (signature.startsWith('GIF8')) return { width: head.readUInt16LE(6), height: head.readUInt16LE(8) };
  if (signature.startsWith('RIFF') && signature.startsWith('WEBP', 8)) return readWebp(head);
  return signature.startsWith('\xff\xd8') ? readJpeg(head) : undefined;
}

/** https://developers.google.com/speed/webp/docs/riff_container */
function readWebp(head: Buffer): Size | undefined {
  const format = head.toString('latin1', 12, 16);
  if (format === 'VP8X') return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
  if (format === 'VP8 ') {
    return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
  }
  if (format !== 'VP8L') return undefined;
  const bits = head.readUInt32LE(21);
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
}

/** From marker to marker to the start of a frame (SOF0 to SOF15): https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.2.2 */
function readJpeg(head: Buffer): Size | undefined {
  let at = 2;
  while (at + 9 <= head.length && head[at] === 0xff) {
    const marker = head[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const startsFrame =
      marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (startsFrame) return { width: head.readUInt16BE(at + 7), height: head.readUInt16BE(at + 5) };
    at += 2 + head.readUInt16BE(at + 2);
  }
  return undefined;
}
