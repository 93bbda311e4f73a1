/** An IDX file of unsigned bytes. */
export function idxBytes(shape: readonly number[], elements: Uint8Array): Uint8Array {
  const content = new Uint8Array(4 + 4 * shape.length + elements.length);
  content.set([0, 0, 8, shape.length]);
  const view = new DataView(content.buffer);
  shape.forEach((side, axis) => view.setUint32(4 + 4 * axis, side));
  content.set(elements, 4 + 4 * shape.length);
  return content;
}
