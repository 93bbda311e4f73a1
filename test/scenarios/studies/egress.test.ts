import { expect, test } from 'vitest';
import { type EgressEvent, egressOf } from '../../../scenarios/studies/egress.ts';

const progress = (peer: string, atMs: number, bytesSent: number) =>
  ({ type: 'progress', peer, atMs, progress: { bytesSent } }) as unknown as EgressEvent;
const finishing = (peer: string, atMs: number) => ({ type: 'finishing', peer, atMs }) as unknown as EgressEvent;

test('the egress of a peer is what it sent between its first and last word before anybody finished', () => {
  const events = [
    progress('a', 1000, 500),
    progress('b', 1000, 0),
    progress('a', 2000, 900),
    progress('b', 3000, 1000),
    finishing('b', 3500),
    progress('a', 4000, 90_000),
  ];
  expect(egressOf(events)).toEqual([400, 500]);
});

test('who spoke once has no egress', () => {
  expect(egressOf([progress('a', 1000, 500)])).toEqual([]);
});
