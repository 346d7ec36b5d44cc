import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseBoolean, readEnvironment, type Variables } from '../../src/config/environment.ts';

const asks = (env: Variables): number | null => readEnvironment(env).wishes.request?.stage ?? null;
const holds = (env: Variables): number | null => readEnvironment(env).wishes.hold?.stage ?? null;

describe('what a variable asks for and where it holds', () => {
  test.each([
    [{ RECONCILE_ENABLED: '1' }, 1, null],
    [{ RECONCILE_ACTION: 'cancel_all' }, 2, null],
    [{ RECONCILE_ACTION: 'flatten' }, 2, null],
    [{ RECONCILE_ACTION: 'auto' }, 2, null],
    [{ RECONCILE_DRY_RUN: 'false' }, 3, null],
    [{ ARMED: '1' }, 4, null],
    [{ RECONCILE_ENABLED: '0' }, null, 0],
    [{ RECONCILE_ACTION: 'none' }, null, 1],
    [{ ALLOW_ACTIVE_REMEDIATION: 'false' }, null, 1],
    [{ RECONCILE_DRY_RUN: 'true' }, null, 2],
    [{ ARMED: '0' }, null, 3],
    [{ ALLOW_ACTIVE_REMEDIATION: 'true' }, null, null],
    [{ ALLOW_MAINNET_TRADE: '1' }, null, null],
    [{}, null, null],
  ])('%j asks for %p and holds at %p', (env, request, hold) => {
    expect([asks(env), holds(env)]).toEqual([request, hold]);
    expect(readEnvironment(env).problems).toEqual([]);
  });

  test.each([
    // The runbook's stages, as their export blocks add up.
    [{ RECONCILE_ENABLED: '0', RECONCILE_ACTION: 'none', ARMED: '0' }, null, 0],
    [{ RECONCILE_ENABLED: '1', RECONCILE_ACTION: 'none', RECONCILE_DRY_RUN: 'true', ARMED: '0' }, 1, 1],
    [{ RECONCILE_ENABLED: '1', RECONCILE_ACTION: 'cancel_all', RECONCILE_DRY_RUN: 'true', ARMED: '0' }, 2, 2],
    [
      { RECONCILE_ENABLED: '1', RECONCILE_ACTION: 'cancel_all', RECONCILE_DRY_RUN: 'false', ARMED: '0' },
      3,
      3,
    ],
    [
      { RECONCILE_ENABLED: '1', RECONCILE_ACTION: 'cancel_all', RECONCILE_DRY_RUN: 'false', ARMED: '1' },
      4,
      null,
    ],
    // Contradictions: the highest is asked for, the lowest holds.
    [{ RECONCILE_ENABLED: '0', ARMED: '1' }, 4, 0],
    [{ RECONCILE_ACTION: 'none', RECONCILE_DRY_RUN: 'false' }, 3, 1],
    [{ ALLOW_ACTIVE_REMEDIATION: 'false', ARMED: '1', RECONCILE_DRY_RUN: 'true' }, 4, 1],
  ])('%j together ask for %p and hold at %p', (env, request, hold) => {
    expect([asks(env), holds(env)]).toEqual([request, hold]);
  });

  test.each<[string, Variables, number | null, number | null]>([
    ['start detect-only', { RECONCILE_ENABLED: '1', RECONCILE_ACTION: 'none' }, 1, 1],
    ['enable planning', { RECONCILE_ACTION: 'cancel_all', RECONCILE_DRY_RUN: 'true' }, 2, 2],
    ['enable execution', { ARMED: '1', ALLOW_MAINNET_TRADE: '1', RECONCILE_DRY_RUN: 'false' }, 4, null],
    ['emergency stop, by the loop', { RECONCILE_ENABLED: '0' }, null, 0],
    ['emergency stop, by the action', { RECONCILE_ACTION: 'none' }, null, 1],
    [
      'emergency stop on top of enabled execution',
      { ARMED: '1', ALLOW_MAINNET_TRADE: '1', RECONCILE_DRY_RUN: 'false', RECONCILE_ENABLED: '0' },
      4,
      0,
    ],
  ])("the quick reference's line to %s", (_, env, request, hold) => {
    expect([asks(env), holds(env), readEnvironment(env).problems]).toEqual([request, hold, []]);
  });

  test('every set there is, contradictory ones too, asks for its highest and holds at its lowest', () => {
    const table: readonly (readonly [
      string,
      readonly (readonly [string, number | null, number | null])[],
    ])[] = [
      [
        'RECONCILE_ENABLED',
        [
          ['1', 1, null],
          ['0', null, 0],
        ],
      ],
      [
        'RECONCILE_ACTION',
        [
          ['none', null, 1],
          ['cancel_all', 2, null],
          ['flatten', 2, null],
          ['auto', 2, null],
        ],
      ],
      [
        'RECONCILE_DRY_RUN',
        [
          ['false', 3, null],
          ['true', null, 2],
        ],
      ],
      [
        'ALLOW_ACTIVE_REMEDIATION',
        [
          ['true', null, null],
          ['false', null, 1],
        ],
      ],
      [
        'ARMED',
        [
          ['1', 4, null],
          ['0', null, 3],
        ],
      ],
      [
        'ALLOW_MAINNET_TRADE',
        [
          ['1', null, null],
          ['0', null, null],
        ],
      ],
    ];
    interface One {
      readonly env: Variables;
      readonly asked: readonly number[];
      readonly held: readonly number[];
    }
    const sets = table.reduce<readonly One[]>(
      (all, [name, values]) =>
        all.flatMap((one) => [
          one,
          ...values.map(([value, asked, held]) => ({
            env: { ...one.env, [name]: value },
            asked: asked === null ? one.asked : [...one.asked, asked],
            held: held === null ? one.held : [...one.held, held],
          })),
        ]),
      [{ env: {}, asked: [], held: [] }],
    );
    expect(sets).toHaveLength(3 ** 5 * 5);
    for (const { env, asked, held } of sets) {
      const wanted = [
        asked.length === 0 ? null : Math.max(...asked),
        held.length === 0 ? null : Math.min(...held),
      ];
      expect([env, asks(env), holds(env)]).toEqual([env, ...wanted]);
    }
  });

  test('the variable that decided is named with its value', () => {
    const { wishes } = readEnvironment({ RECONCILE_ACTION: 'flatten', RECONCILE_ENABLED: '1', ARMED: '0' });
    expect(wishes.request?.because).toBe('RECONCILE_ACTION=flatten');
    expect(wishes.hold?.because).toBe('ARMED=0');
  });

  test('no set of variables asks for more than its highest or holds above its lowest', () => {
    const maybe = (...values: string[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
    const variables = fc.record({
      RECONCILE_ENABLED: maybe('1', '0', ''),
      RECONCILE_ACTION: maybe('none', 'auto', 'flatten'),
      RECONCILE_DRY_RUN: maybe('yes', 'no'),
      ALLOW_ACTIVE_REMEDIATION: maybe('true', 'false'),
      ARMED: maybe('1', '0'),
    });
    fc.assert(
      fc.property(variables, (env) => {
        const alone = Object.entries(env).map(([name, value]) => ({ [name]: value }));
        const top = Math.max(-1, ...alone.map((one) => asks(one) ?? -1));
        const low = Math.min(9, ...alone.map((one) => holds(one) ?? 9));
        expect(asks(env) ?? -1).toBe(top);
        expect(holds(env) ?? 9).toBe(low);
      }),
    );
  });
});

describe('booleans', () => {
  test.each(['1', 'true', 'yes', 'TRUE', 'Yes', 'yEs', ' 1 '])('%j is true', (text) => {
    expect(parseBoolean(text)).toBe(true);
    expect(readEnvironment({ ALLOW_MAINNET_TRADE: text }).wishes.mainnetTrade).toBe(true);
  });

  test.each(['0', 'false', 'no', 'FALSE', 'No'])('%j is false', (text) => {
    expect(parseBoolean(text)).toBe(false);
    expect(readEnvironment({ ALLOW_MAINNET_TRADE: text }).wishes.mainnetTrade).toBe(false);
  });

  test.each(['on', 'off', '2', 'y', 'truee', '1.0', 'null', '-1'])('%j is a problem, not a guess', (text) => {
    for (const name of [
      'RECONCILE_ENABLED',
      'RECONCILE_DRY_RUN',
      'ALLOW_ACTIVE_REMEDIATION',
      'ARMED',
      'ALLOW_MAINNET_TRADE',
      'GRINDER_AUDIT_ENABLED',
    ]) {
      const { problems, wishes } = readEnvironment({ [name]: text });
      expect(problems).toEqual([{ key: name, value: text, expected: '1, 0, true, false, yes or no' }]);
      expect(wishes).toEqual({ request: null, hold: null, mainnetTrade: false });
    }
  });
});

describe('values', () => {
  test('an empty variable, or one of blanks, is unset', () => {
    for (const blank of ['', '  ', undefined]) {
      const env = Object.fromEntries(
        [
          'RECONCILE_ENABLED',
          'RECONCILE_ACTION',
          'ARMED',
          'RECONCILE_SYMBOL_WHITELIST',
          'MAX_CALLS_PER_RUN',
        ].map((name) => [name, blank]),
      );
      const reading = readEnvironment(env);
      expect(reading).toEqual({
        wishes: { request: null, hold: null, mainnetTrade: false },
        overrides: new Map(),
        problems: [],
      });
    }
  });

  test('an action that is none is a hold and leaves the configured action alone', () => {
    expect(readEnvironment({ RECONCILE_ACTION: 'none' }).overrides.has('reconcile.action')).toBe(false);
    expect(readEnvironment({ RECONCILE_ACTION: 'flatten' }).overrides.get('reconcile.action')?.value).toBe(
      'flatten',
    );
  });

  test.each(['both', 'AUTO', 'cancel', '1'])('the action %j is a problem', (text) => {
    expect(readEnvironment({ RECONCILE_ACTION: text }).problems[0]).toMatchObject({
      key: 'RECONCILE_ACTION',
    });
  });

  test.each([
    ['["BTCUSDT"]', ['BTCUSDT']],
    ['["BTCUSDT", "ETHUSDT"]', ['BTCUSDT', 'ETHUSDT']],
    ['BTCUSDT', ['BTCUSDT']],
    ['BTCUSDT,ETHUSDT', ['BTCUSDT', 'ETHUSDT']],
    [' BTCUSDT , ETHUSDT, ', ['BTCUSDT', 'ETHUSDT']],
    ['[]', []],
  ])('the whitelist %j is %j', (text, list) => {
    const { overrides } = readEnvironment({ RECONCILE_SYMBOL_WHITELIST: text });
    expect(overrides.get('reconcile.symbol_whitelist')?.value).toEqual(list);
  });

  test.each(['["BTCUSDT"', '[BTCUSDT]', '["a",]'])('the whitelist %j is a problem', (text) => {
    expect(readEnvironment({ RECONCILE_SYMBOL_WHITELIST: text }).problems).toEqual([
      { key: 'RECONCILE_SYMBOL_WHITELIST', value: text, expected: 'a JSON list or a comma list of symbols' },
    ]);
  });

  test.each(['NaN', 'inf', 'Infinity', '1e400', '1e3', '0x10', '1_000', '30s', '1 000'])(
    'the number %j is a problem',
    (text) => {
      for (const name of ['RECONCILE_INTERVAL_MS', 'MAX_ORDERS_PER_ACTION', 'MAX_CALLS_PER_DAY'])
        expect(readEnvironment({ [name]: text }).problems).toEqual([
          { key: name, value: text, expected: 'a number' },
        ]);
    },
  );

  test('money stays text, so that no digit is lost', () => {
    const { overrides } = readEnvironment({ MAX_FLATTEN_NOTIONAL_USDT: '0.100000000000000000001' });
    expect(overrides.get('reconcile.max_flatten_notional_usdt')?.value).toBe('0.100000000000000000001');
  });
});
