import { describe, expect, test } from 'vitest';
import { defineScenario, resolveScenario, type ScenarioDefinition } from '../../scenarios/define-scenario.ts';

const least: ScenarioDefinition = {
  name: 'least',
  model: 'mlp-100',
  target: { value: 0.9 },
  limits: { samples: 1000 },
};

describe('a scenario', () => {
  test('needs a name, a model, a target and a limit; the rest has defaults', () => {
    expect(resolveScenario(least)).toEqual({
      name: 'least',
      describe: '',
      seed: 1,
      peers: 4,
      processes: null,
      model: 'mlp-100',
      data: { kind: 'digits', path: null, train: null, test: null, labelsPerPeer: null },
      training: { batch: 32, rate: 0.1, momentum: 0.9, schedule: 'cosine' },
      exchange: {
        strategy: 'partial',
        control: 'fixed',
        budgetBytesPerSecond: null,
        localSteps: 4,
        partitions: 4,
        density: 0.01,
        warmup: [0.25, 0.06, 0.015],
        lookahead: 'auto',
        contribution: 'mean',
        staleness: 32,
        topology: 'auto',
        feeds: 6,
        latticeBits: 24,
      },
      evaluation: { everySamples: null, samples: 2048 },
      target: { metric: 'accuracy', value: 0.9 },
      limits: { samples: 1000, seconds: 3600 },
      backend: null,
      control: null,
      mode: 'real',
      simulation: {
        links: {
          uplinkMbits: 1000,
          downlinkMbits: null,
          latencyMs: 0.5,
          jitterMs: 0,
          overtakingMs: 0,
          connectionSeconds: null,
          corruption: 0,
        },
        step: { ms: 5, spread: 0, slowness: 1 },
        evaluationMs: 50,
        trace: false,
        happenings: [],
      },
    });
  });

  test('may write its exchange in a word', () => {
    expect(resolveScenario({ ...least, exchange: 'auto' }).exchange).toMatchObject({ control: 'auto', localSteps: 4 });
    expect(() => resolveScenario({ ...least, exchange: 'all' })).toThrow(/exchange/);
  });

  test('is returned as written, so that overrides come before defaults', () => {
    expect(defineScenario(least)).toBe(least);
  });

  test.each<[string, object, string, RegExp]>([
    [
      'a value out of range',
      { exchange: { localSteps: 0 } },
      'exchange.localSteps',
      /an integer of at least 1 .*got 0;/,
    ],
    ['a fraction for a count', { peers: 2.5 }, 'peers', /expected an integer.*got 2.5/],
    ['a wrong type', { seed: 'one' }, 'seed', /expected an integer.*got "one"/],
    ['a wrong choice', { data: { kind: 'minst' } }, 'data.kind', /one of "digits", "mnist", "cifar10", got "minst"/],
    ['neither of two forms', { exchange: { lookahead: 'most' } }, 'exchange.lookahead', /"recent" or a number/],
    ['a wrong mode', { mode: 'imagined' }, 'mode', /one of "real", "simulated", got "imagined"/],
    [
      'a bandwidth of nothing',
      { simulation: { links: { uplinkMbits: [40, 0] } } },
      'simulation.links.uplinkMbits.1',
      /a number of at least 0.001 and at most 1000000, got 0/,
    ],
    [
      'a happening of no kind',
      { simulation: { happenings: [{ kind: 'flood', atMs: 1 }] } },
      'simulation.happenings.0.kind',
      /flood/,
    ],
    [
      'a happening without its peer',
      { simulation: { happenings: [{ kind: 'crash', atMs: 1 }] } },
      'simulation.happenings.0.peer',
      /got nothing/,
    ],
    ['a bad item of a list', { exchange: { warmup: [0.5, 2] } }, 'exchange.warmup.1', /above 0 and at most 1, got 2/],
    ['a bad name', { name: 'No Spaces' }, 'name', /lower-case letters, digits and dashes/],
    ['a missing field', { target: undefined }, 'target', /a section with metric, value, got nothing/],
    ['a missing value', { limits: {} }, 'limits.samples', /got nothing/],
    ['no model', { model: 5 }, 'model', /a model's name such as/],
  ])('with %s names the field', (_, fault, field, message) => {
    const define = () => defineScenario({ ...least, ...fault } as never);
    expect(define).toThrow(message);
    expect(define).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'CONFIG_INVALID', field }) }),
    );
  });

  test.each([
    [{ exchange: { localStep: 4 } }, 'exchange.localStep: unknown in the scenario; did you mean localSteps?'],
    [{ exchnage: {} }, 'exchnage: unknown in the scenario; did you mean exchange?'],
    [{ limits: { sample: 5 } }, 'limits.sample: unknown in the scenario; did you mean samples?'],
    [{ training: { zzzzzz: 5 } }, 'zzzzzz: unknown in the scenario; known are batch, rate, momentum, schedule'],
  ])('with an unknown key names the nearest: %o', (fault, message) => {
    expect(() => defineScenario({ ...least, ...fault } as never)).toThrow(message);
  });

  test('shows no more of a wrong value than a line holds', () => {
    const wrong = { ...least, seed: 'x'.repeat(10_000) } as never;
    expect(() => defineScenario(wrong)).toThrow(/^.{1,300}$/);
  });

  test('that is none is refused', () => {
    expect(() => resolveScenario(7)).toThrow(/^the scenario: expected a section/);
  });
});
