import { Introductions } from '../../peer/membership/introductions.ts';
import { Members } from '../../peer/membership/members.ts';
import { Hello } from '../../protocols/hello/hello.ts';
import type { Network } from '../../protocols/network.ts';
import { type Manifest, manifestDigests } from '../../src/manifest.ts';
import { type OriginKey, type PeerName, peerOf } from '../../src/sum/origin.ts';
import { testManifest } from './manifest.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** The half of a peer that gets to know others. */
export interface Guest {
  readonly network: Network;
  readonly introductions: Introductions;
  readonly members: Members;
  /** What happened, in order. */
  readonly happened: string[];
  /** The addresses that it dialled, each with its time. */
  readonly dials: string[];
}

/** Under which an earlier process of a guest published. */
export const formerOf = (name: PeerName): OriginKey => `${name}/00000000000000ff`;

export async function guestOf(
  world: SimulatedWorld,
  name: PeerName,
  manifest: Manifest = testManifest(),
): Promise<Guest> {
  const happened: string[] = [];
  const dials: string[] = [];
  const members = new Members(world.clock, (member, change) => happened.push(`${member.name} ${change}`));
  let introductions!: Introductions;
  const network = await world.start(name, (network) => {
    const dial = network.dial.bind(network);
    network.dial = (address, signal) => {
      dials.push(`${address} at ${world.clock.nowMs()}`);
      return dial(address, signal);
    };
    const hello = new Hello({ network, clock: world.clock }, manifestDigests(manifest));
    introductions = new Introductions(
      { network, hello, clock: world.clock, members },
      {
        dialsAll: true,
        isFormer: (origin) => origin === formerOf(name),
        onAdmitted: (peer) => happened.push(`admitted ${peer}`),
        onMentioned: (origin) => happened.push(`mentioned ${peerOf(origin)}`),
        onRefused: (peer, error) => happened.push(`refused ${peer}: ${error.code}`),
        onShunned: (peer) => happened.push(`shunned ${peer}`),
      },
    );
  });
  return { network, introductions, members, happened, dials };
}
