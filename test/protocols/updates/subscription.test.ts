import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Channel } from '../../../protocols/network.ts';
import { decodeSourceMessage, encodeReceiverMessage } from '../../../protocols/updates/messages.ts';
import { placeOf } from '../../../protocols/updates/scope.ts';
import { Subscription } from '../../../protocols/updates/subscription.ts';
import { UpdateLog } from '../../../src/sum/update-log.ts';
import { Doorbell } from '../../../src/support/doorbell.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';

const origin = 'p/0000000000000001';
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A subscription to all of `p`, over a channel that keeps no more than the kinds of what is sent. */
async function subscriptionTo(log: UpdateLog) {
  const sent: string[] = [];
  const channel: Channel = {
    remote: 'r',
    send: async (...pieces) => {
      const message = decodeSourceMessage(Buffer.concat(pieces), 2 ** 20);
      sent.push(...(message.kind === 'updates' ? message.updates.map(() => 'update') : [message.kind]));
    },
    async *messages() {
      yield encodeReceiverMessage({ kind: 'subscribe', scope: ['p'], vector: [], windowBytes: 2 ** 20, salt: 0 });
      await new Promise(() => {});
    },
    close: async () => {},
    abort: () => {},
  };
  const subscription = new Subscription(
    { channel, clock: new VirtualClock(), log, merge: () => null, onTold: () => {} },
    new Doorbell(),
  );
  void subscription.run();
  await settle();
  const publish = (to: number, bytes = new Uint8Array(10)) => {
    log.append({ origin, from: to - 1, to, bytes });
    subscription.logGrew(origin, 'p', placeOf('p'));
  };
  return { sent, publish };
}

test('an update that the log takes up at any moment of the look at it is sent', async () => {
  for (let gap = 0; gap < 24; gap++) {
    const { sent, publish } = await subscriptionTo(new UpdateLog(2 ** 20));
    publish(1);
    for (let turn = 0; turn < gap; turn++) await null;
    publish(2);
    await settle();
    expect(sent.filter((kind) => kind === 'update')).toHaveLength(2);
  }
});

test('what is on its way does not keep the bytes that the log has let go', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { sent, publish } = await subscriptionTo(new UpdateLog(4096));
  const frames: WeakRef<Uint8Array>[] = [];
  const publishOne = (to: number) => {
    const bytes = new Uint8Array(1000);
    frames.push(new WeakRef(bytes));
    publish(to, bytes);
  };
  for (let to = 1; to <= 20; to++) {
    publishOne(to);
    await settle();
  }
  expect(sent.filter((kind) => kind === 'update')).toHaveLength(20);
  collect();
  expect(frames.filter((frame) => frame.deref() !== undefined).length).toBeLessThan(5);
});
