/** Writes `count` bytes of `bytes` from `from` on into `into` from `offset` on, scaled from 0..255 to [0, 1]. */
export function scaleBytes(bytes: Uint8Array, from: number, count: number, into: Float32Array, offset: number): void {
  for (let at = 0; at < count; at++) into[offset + at] = bytes[from + at]! / 255;
}
