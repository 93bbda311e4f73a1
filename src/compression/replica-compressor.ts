/**
 * How a peer keeps its own replica small: pruning masks and codebooks, private to the peer. Parameters are the flat
 * vector of a layout, in float32.
 */
export interface ReplicaCompressor {
  /** Writes the compressed replica's values over `into` (same length as `parameters`). */
  compress(parameters: Float32Array, into: Float32Array): void;
  /** Bytes that the compressed replica takes at rest. */
  sizeBytes(parameters: Float32Array): number;
  /** One byte per parameter, 0 where it is pruned; null where none is. */
  mask(): Uint8Array | null;
}

/** Keeps every parameter as it is. */
export const identityCompressor: ReplicaCompressor = {
  compress: (parameters, into) => into.set(parameters),
  sizeBytes: (parameters) => parameters.byteLength,
  mask: () => null,
};
