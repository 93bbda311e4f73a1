import type { Network } from '../../protocols/network.ts';
import { UpdateFeed, type UpdateFeedInit } from '../../protocols/updates/update-feed.ts';
import type { OriginKey, PeerName } from '../../src/sum/origin.ts';
import { VersionVector } from '../../src/sum/version-vector.ts';
import { labelOf } from './labelled-frames.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** One feed of labelled frames, and what it brought. */
export class UpdateReader {
  /** As `origin#sequence`. */
  readonly received: string[] = [];
  readonly tooFarBehind: [OriginKey, number][] = [];
  readonly end = new AbortController();
  levels = 0;
  readonly feed: UpdateFeed;
  readonly running: Promise<void>;

  /** Runs at once. @param init `takes: false` leaves all that comes untaken */
  constructor(
    world: SimulatedWorld,
    network: Network,
    source: PeerName,
    init: Partial<UpdateFeedInit> & { takes?: boolean } = {},
  ) {
    this.feed = new UpdateFeed(
      { network, clock: world.clock },
      {
        source,
        scope: [source],
        windowBytes: 1_000_000,
        tellEvery: 1,
        maxMessageBytes: 100_000,
        arrived: new VersionVector(),
        receive: (origin, frame, feed) => {
          this.received.push(labelOf(origin, frame));
          if (init.takes ?? true) feed.taken(frame.length);
        },
        onLevel: () => this.levels++,
        onTooFarBehind: (origin, floor) => this.tooFarBehind.push([origin, floor]),
        ...init,
      },
    );
    this.running = this.feed.run(this.end.signal);
    this.running.catch(() => {});
  }
}
