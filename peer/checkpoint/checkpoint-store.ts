/** Where a peer's latest checkpoint is kept. */
export interface CheckpointStore {
  /** For messages: the file. */
  readonly place: string;
  /** The latest, or null where there is none. Refuses one of more than `maxBytes`. */
  load(maxBytes: number): Promise<Uint8Array | null>;
  /** Puts it in the place of the one before, whole or not at all. */
  save(checkpoint: Uint8Array): Promise<void>;
}
