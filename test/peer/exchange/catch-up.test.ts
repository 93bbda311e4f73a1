import { describe, expect, test } from 'vitest';
import { CATCH_UP_PATIENCE_MS, CatchUp, PATIENCE_MS } from '../../../peer/exchange/catch-up.ts';
import { DirectFeeds } from '../../../peer/exchange/direct-feeds.ts';
import { Narrator } from '../../../peer/narrator.ts';
import { SwarmClock } from '../../../peer/progress/swarm-clock.ts';
import type { ReplicaHost } from '../../../peer/replica/replica-host.ts';
import { REPLICA_PROTOCOL } from '../../../protocols/replica/constants.ts';
import type { OriginKey, PeerName } from '../../../src/sum/origin.ts';
import type { Clock } from '../../../src/support/clock.ts';
import { frameLayout } from '../../support/frames.ts';
import { imageBytes, imageVector, serveReplica } from '../../support/replica-transfers.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';
import { UpdateNode } from '../../support/update-node.ts';

const [lacking] = imageVector[0];
const known = ['known/0000000000000001', 3] as const;

/** One that fetches; nothing here adopts what it fetched. */
function catchUpOf(world: SimulatedWorld, node: UpdateNode, clock: Clock = world.clock) {
  const { network, members, inbox, log, identity, onInvalid } = node;
  const feeds = new DirectFeeds(
    { network, clock, members, inbox },
    { layout: frameLayout, tellEvery: 1, onInvalid, onTooFarBehind: () => {} },
  );
  const swarm = new SwarmClock(members, null, 1_000_000);
  const narrator = new Narrator(clock, { self: network.self, emit: () => {} });
  const replica = {} as ReplicaHost;
  const mentioned: [OriginKey, number][] = [];
  const catchUp = new CatchUp(
    { network, clock, replica, identity, members, inbox, log, feeds, swarm, narrator },
    { parameters: 1_000, onMentioned: (...entry) => mentioned.push(entry), onInvalid, onMoved: () => {} },
  );
  return { catchUp, mentioned };
}

const serving = (world: SimulatedWorld, name: PeerName) =>
  UpdateNode.start(world, name, (_node, network) => {
    const image = async () => ({ bytes: imageBytes(100), vector: [...imageVector, known] });
    serveReplica(network, world.clock, imageBytes(100), { image });
  });

describe('a peer that is too far behind', () => {
  test('mentions all whom the head has', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [node, source] = [await UpdateNode.start(world, 'c'), await serving(world, 'a')];
      await node.meet(source);
      node.inbox.rebase([known]);
      const { catchUp, mentioned } = catchUpOf(world, node);
      catchUp.start();
      catchUp.tooFarBehind(lacking, 'a', 2);
      await world.until(() => catchUp.ready);
      await catchUp.stop();
      expect(mentioned).toEqual([...imageVector, known]);
    });
  });

  test('asks another as soon as a source in mid-transfer falls silent', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const hanging = await UpdateNode.start(world, 'a', (_node, network) =>
        network.handle(REPLICA_PROTOCOL, { maxMessageBytes: 1_000 }, () => {}),
      );
      const [node, source] = [await UpdateNode.start(world, 'c'), await serving(world, 'b')];
      await node.meet(hanging);
      await node.meet(source);
      const { catchUp } = catchUpOf(world, node);
      catchUp.start();
      catchUp.tooFarBehind(lacking, 'a', 2);
      await world.pass(PATIENCE_MS + 1_000);
      catchUp.tooFarBehind(lacking, 'b', 2);
      await world.pass(1_000);
      expect(catchUp.ready).toBe(false);
      node.members.disconnected('a');
      // The network's connection to it still stands.
      await world.pass(10_000);
      expect(catchUp.ready).toBe(true);
      await catchUp.stop();
    });
  });

  test('leaves no timer behind where applying fails before the first round', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      let patience = 0;
      const after: Clock['after'] = (delayMs, action) => {
        const cancel = world.clock.after(delayMs, action);
        if (delayMs !== CATCH_UP_PATIENCE_MS) return cancel;
        patience++;
        return () => {
          patience--;
          cancel();
        };
      };
      const [node, source] = [await UpdateNode.start(world, 'c'), await serving(world, 'a')];
      await node.meet(source);
      const { catchUp } = catchUpOf(world, node, { nowMs: () => world.clock.nowMs(), after });
      catchUp.start();
      catchUp.tooFarBehind(lacking, 'a', 2);
      const fail = () => Promise.reject(new Error('cannot be applied'));
      const reached = catchUp.reachSwarm(fail, new AbortController().signal);
      expect(patience).toBe(1);
      await expect(reached).rejects.toThrow('cannot be applied');
      expect(patience).toBe(0);
      await catchUp.stop();
    });
  });
});
