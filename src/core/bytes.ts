/** One buffer with all of them: itself if there is only one. */
export function join<T extends Uint8Array>(parts: readonly T[]): T | Buffer {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

export function lengthOf(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}
