import type { Network } from '../../protocols/network.ts';
import { UpdateSource } from '../../protocols/updates/update-source.ts';
import { Identity } from '../../src/sum/identity.ts';
import type { OriginKey, PeerName } from '../../src/sum/origin.ts';
import { UpdateLog } from '../../src/sum/update-log.ts';
import { frameLayout, frameUnit } from './frames.ts';
import { labelledFrame } from './labelled-frames.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** A peer that serves its log of labelled frames, and does nothing else. */
export class UpdateServer {
  readonly log: UpdateLog;
  readonly invalid: string[] = [];
  source!: UpdateSource;
  /** What subscribers have. */
  readonly told: [OriginKey, number][] = [];
  network!: Network;

  private constructor(logBytes: number) {
    this.log = new UpdateLog(logBytes);
  }

  static async start(world: SimulatedWorld, name: PeerName, { logBytes = 2 ** 30, admits = true } = {}) {
    const server = new UpdateServer(logBytes);
    server.network = await world.start(name, (network) => {
      server.source = new UpdateSource(
        { network, clock: world.clock, log: server.log },
        {
          layout: frameLayout,
          unit: frameUnit,
          identity: new Identity(name, () => 1n),
          admits: () => admits,
          onInvalid: (peer, problem) => server.invalid.push(`${peer}: ${problem}`),
          onTold: (origin, sequence) => server.told.push([origin, sequence]),
        },
      );
    });
    return server;
  }

  /** The next updates of an origin, up to `to`. */
  publish(origin: OriginKey, to: number, bytes = 100): void {
    for (let sequence = this.head(origin) + 1; sequence <= to; sequence++) {
      const frame = labelledFrame(origin, sequence, bytes);
      this.log.append({ origin, from: sequence - 1, to: sequence, bytes: frame });
    }
    this.source.logGrew();
  }

  head(origin: OriginKey): number {
    let head = this.log.floor(origin);
    for (let entry = this.log.entryFrom(origin, head); entry !== null; entry = this.log.entryFrom(origin, head)) {
      head = entry.to;
    }
    return head;
  }
}
