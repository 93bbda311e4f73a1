import type { OriginKey, PeerName } from '../../src/sum/origin.ts';

/** How a peer takes in everybody's updates: its topology. No two feeds ever bring updates of the same peer at a time. */
export interface Feeds {
  /** Keeps the updates of `owner` coming until `stop`, whether or not it is in the run any more. */
  follow(owner: PeerName): void;
  /** Somebody holds so many updates of an origin, more than are here; its peer may be gone, or be this one. */
  told(origin: OriginKey, sequence: number): void;
  /** Whether the feed that brings the updates of a live `owner` has been level at least once since feeds were last held. */
  reaches(owner: PeerName): boolean;
  /** Feeds that are open. */
  readonly count: number;
  /** Whether there is a feed from this peer. */
  uses(source: PeerName): boolean;
  /**
   * Ends all feeds: what they still bring is dropped from this moment on, and none opens again before the returned
   * function is called. For a change of what has arrived.
   */
  hold(): () => void;
  stop(): Promise<void>;
}
