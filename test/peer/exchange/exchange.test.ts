import { expect, test } from 'vitest';
import { defaultLogBytes } from '../../../peer/exchange/exchange.ts';

const layout = (size: number) => ({ size, tensors: [] });

test('a log takes sixteen times the model in float32, within bounds', () => {
  expect(defaultLogBytes(layout(266_610))).toBe(16 * 266_610 * 4);
  expect(defaultLogBytes(layout(7_850))).toBe(4 * 2 ** 20);
  expect(defaultLogBytes(layout(2 ** 25))).toBe(256 * 2 ** 20);
});
