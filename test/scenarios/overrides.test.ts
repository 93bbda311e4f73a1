import { describe, expect, test } from 'vitest';
import { resolveScenario, type ScenarioDefinition } from '../../scenarios/define-scenario.ts';
import { applyOverrides, parseOverride } from '../../scenarios/overrides.ts';

const script: ScenarioDefinition = {
  name: 'script',
  model: 'mlp-100',
  exchange: { density: 0.5 },
  target: { value: 0.9 },
  limits: { samples: 1000 },
};

describe('--set', () => {
  test.each<[string, unknown]>([
    ['target.value=0.85', 0.85],
    ['limits.samples=1e6', 1_000_000],
    ['exchange.lookahead=recent', 'recent'],
    ['exchange.lookahead=2.5', 2.5],
    ['exchange.warmup=0.5,0.1', [0.5, 0.1]],
    ['exchange.warmup=[0.5, 0.1]', [0.5, 0.1]],
    ['exchange.warmup=', []],
    ['data.path=/a=b', '/a=b'],
    ['data.path=12', '12'],
    ['data.path=null', null],
    ['data.train=null', null],
    ['control=null', null],
    ['model=lenet-300-100', 'lenet-300-100'],
    ['seed=x', 'x'],
  ])('%s is typed as the field is', (text, value) => {
    expect(parseOverride(text)).toEqual({ path: text.slice(0, text.indexOf('=')).split('.'), value });
  });

  test.each([
    ['exchange.localstep=1', 'exchange.localstep', /did you mean exchange.localSteps\?/],
    ['taget.value=1', 'taget.value', /did you mean target.value\?/],
    ['__proto__.polluted=1', '__proto__.polluted', /unknown/],
    ['exchange=1', 'exchange', /is a section.*--set exchange.strategy=/],
    ['seed', '--set', /expected path=value, got "seed"/],
    ['=5', '--set', /expected path=value/],
  ])('%s is refused', (text, field, message) => {
    const parse = () => parseOverride(text);
    expect(parse).toThrow(message);
    expect(parse).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'CONFIG_INVALID', field }) }),
    );
  });

  test('goes over the script, later over earlier, and leaves all else alone', () => {
    const overrides = ['seed=3', 'exchange.localSteps=2', 'data.kind=mnist', 'seed=4'].map(parseOverride);
    const changed = applyOverrides(script, overrides);
    expect(changed).toMatchObject({ seed: 4, exchange: { density: 0.5, localSteps: 2 }, data: { kind: 'mnist' } });
    expect(script.exchange).toEqual({ density: 0.5 });
    expect(resolveScenario(changed).target).toEqual({ metric: 'accuracy', value: 0.9 });
  });

  test('is held to the same ranges as the script', () => {
    expect(() => resolveScenario(applyOverrides(script, [parseOverride('peers=0')]))).toThrow(/^peers: .*got 0/);
  });
});
