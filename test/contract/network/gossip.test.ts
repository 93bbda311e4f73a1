import { expect, it } from 'vitest';
import { MAX_GOSSIP_BYTES } from '../../../protocols/gossip-bound.ts';
import type { Network } from '../../../protocols/network.ts';
import { sleep } from '../../../src/support/clock.ts';
import { codeOf, describeNetworks } from './contract.ts';

describeNetworks('gossip', ({ start, until, world }) => {
  it('brings gossip once to every subscriber, through others too, with its author', () =>
    world.run(async () => {
      const heard: string[][] = [];
      const line: Network[] = [];
      for (let index = 0; index < 4; index++) {
        heard.push([]);
        line.push(await start((one) => one.subscribe('t', (from, data) => heard[index]!.push(`${from} ${data}`))));
        if (index > 0) await line[index]!.dial(line[index - 1]!.addresses[0]!);
      }
      await sleep(world.clock, 2000);
      line[0]!.publish('t', Uint8Array.of(1, 2, 3));
      line[0]!.publish('other', Uint8Array.of(4));
      await until(() => heard.filter((messages) => messages.length > 0).length === 3);
      await sleep(world.clock, 200);
      const message = `${line[0]!.self} 1,2,3`;
      expect(heard).toEqual([[], [message], [message], [message]]);
    }));

  it('brings gossip to a peer that has only just connected', () =>
    world.run(async () => {
      let heard = 0;
      const listen = (network: Network) => {
        network.subscribe('t', () => heard++);
        network.onConnection((_peer, connected) => connected && network.publish('t', new Uint8Array(150)));
      };
      const [one, other] = [await start(listen), await start(listen)];
      await one.dial(other.addresses[0]!);
      await until(() => heard === 2);
    }));

  it('takes gossip up to its bound and refuses to send more', () =>
    world.run(async () => {
      const heard: number[] = [];
      const one = await start((network) => network.subscribe('t', (_from, data) => heard.push(data.byteLength)));
      const other = await start((network) => network.subscribe('t', () => {}));
      await other.dial(one.addresses[0]!);
      expect(await codeOf((async () => other.publish('t', new Uint8Array(MAX_GOSSIP_BYTES + 1)))())).toBe(
        'MESSAGE_INVALID',
      );
      other.publish('t', new Uint8Array(MAX_GOSSIP_BYTES));
      await until(() => heard.length === 1);
      other.publish('t', new Uint8Array(1));
      await until(() => heard.length === 2);
      expect(heard).toEqual([MAX_GOSSIP_BYTES, 1]);
    }));
});
