import { describe, expect, it } from 'vitest';
import { createFaultChooser } from '../../../src/sandbox/faults/faults.ts';
import { FAULT_KINDS, parseFault } from '../../../src/sandbox/server.ts';
import { id } from '../../support/sandbox/client.ts';

const chooser = (texts: string[], seed = 1, endpoint = 'number') => {
  const choose = createFaultChooser(texts.map(parseFault), seed);
  return (id: string) => choose(id, endpoint);
};

describe('parseFault', () => {
  it.each([
    ['429=0.05', { kind: '429', probability: 0.05, id: null, times: null }],
    ['slow=1', { kind: 'slow', probability: 1, id: null, times: null }],
    ['hang@129', { kind: 'hang', probability: null, id: '129', times: null }],
    ['502-html@a-b_c*2', { kind: '502-html', probability: null, id: 'a-b_c', times: 2 }],
    ['cut*3', { kind: 'cut', probability: null, id: null, times: 3 }],
    ['cut#3', { kind: 'cut', probability: null, id: null, times: null, requests: { first: 3, last: 3 } }],
    [
      'cut@bulk-orders#3-',
      {
        kind: 'cut',
        probability: null,
        id: 'bulk-orders',
        times: null,
        requests: { first: 3, last: Number.POSITIVE_INFINITY },
      },
    ],
  ])('reads %s', (text, fault) => {
    expect(parseFault(text)).toEqual(fault);
  });

  it('reads every kind in every form', () => {
    for (const kind of Object.keys(FAULT_KINDS)) {
      for (const rest of ['=0.5', '@1', '@1*2', '*2', '@1#2', '#2-']) expect(parseFault(kind + rest).kind).toBe(kind);
    }
  });

  it.each([
    ['', 'the kind is missing'],
    ['=0.5', 'the kind is missing'],
    ['nonsense=0.5', "no kind 'nonsense'"],
    ['toString*1', "no kind 'toString'"],
    ['429', 'it does not say when it happens'],
    ['429=', "'' is not a probability"],
    ['429=1.5', "'1.5' is not a probability"],
    ['429=-0.1', "'-0.1' is not a probability"],
    ['429=0.1.2', "'0.1.2' is not a probability"],
    ['429=.', "'.' is not a probability"],
    ['429@', "'' is not the id"],
    ['429@a/b', "'a/b' is not the id"],
    ['429@1*0', "'0' is not a valid count"],
    ['429@1*2*3', "'2*3' is not a valid count"],
    ['429*x', "'x' is not a valid count"],
    ['429*', "'' is not a valid count"],
    ['429#0', "'0' is not a valid count"],
    ['429@1*2-', "'2-' is not a valid count"],
  ])('refuses %j and lists the kinds', (text, reason) => {
    expect(() => parseFault(text)).toThrow(reason);
    for (const kind of Object.keys(FAULT_KINDS)) expect(() => parseFault(text)).toThrow(kind);
  });
});

describe('the fault chooser', () => {
  it('picks a fault for every request of an id, or for its first ones', () => {
    const always = chooser(['500@a']);
    expect(['a', 'b', 'a', 'a'].map(always)).toEqual(['500', null, '500', '500']);
    const twice = chooser(['500@a*2']);
    expect(['a', 'b', 'a', 'a'].map(twice)).toEqual(['500', null, '500', null]);
  });

  it('picks a fault for an endpoint after one for the id', () => {
    const choose = chooser(['404@verify-ownership*3', '500@a*1', '503@slim', '504*1'], 1, 'verify-ownership');
    expect(['a', 'a', 'b', 'c', 'd', 'e'].map(choose)).toEqual(['500', '404', '404', '404', '504', null]);
  });

  it('picks a fault for the first requests of all', () => {
    expect(['a', 'b', 'c', 'a'].map(chooser(['500*3']))).toEqual(['500', '500', '500', null]);
  });

  it('picks a fault for the nth request of an id, an endpoint or of all, and from it on', () => {
    expect(['a', 'b', 'a', 'a'].map(chooser(['500@a#2']))).toEqual([null, null, '500', null]);
    expect(['a', 'b', 'a', 'a'].map(chooser(['500@number#3-']))).toEqual([null, null, '500', '500']);
    expect(['a', 'b', 'c', 'd'].map(chooser(['500@b', '503#2', '504#3']))).toEqual([null, '500', '504', null]);
  });

  it('uses up one fault after the other, faults for the id first', () => {
    const choose = chooser(['504*2', '500@a*1', '503@a*1', '422=1']);
    expect(['a', 'a', 'a', 'b', 'b'].map(choose)).toEqual(['500', '503', '504', '504', '422']);
  });

  it('picks the first matching fault with a probability, and never one with probability 0', () => {
    expect(['a', 'b'].map(chooser(['500=0', '503=1', '504=1']))).toEqual(['503', '503']);
  });

  it('repeats its choices for a seed, in any order of ids', () => {
    const ids = Array.from({ length: 200 }, (_, index) => id(index + 1));
    const run = (order: string[], seed: number) => {
      const choose = chooser(['429=0.3', 'reset=0.2'], seed);
      return new Map([...order, ...order].map((one, index) => [`${one}/${index < order.length ? 1 : 2}`, choose(one)]));
    };
    const forwards = run(ids, 7);
    expect(run([...ids].reverse(), 7)).toEqual(new Map([...forwards]));
    expect(run(ids, 8)).not.toEqual(forwards);
    expect(run(ids, 0)).not.toEqual(run(ids, -1));
  });

  it('draws again for each request of one id', () => {
    const choose = chooser(['429=0.5']);
    const hits = Array.from({ length: 400 }, () => choose('a')).filter((kind) => kind === '429').length;
    expect(hits).toBeGreaterThan(150);
    expect(hits).toBeLessThan(250);
  });

  it('matches the probability, for repeated requests of an id too', () => {
    const choose = chooser(['429=0.05', 'reset=0.2']);
    const counts = new Map<string | null, number>();
    for (let n = 0; n < 20_000; n += 1) {
      const kind = choose(id(n % 5000));
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    expect((counts.get('429') ?? 0) / 20_000).toBeCloseTo(0.05, 1.5);
    expect((counts.get('reset') ?? 0) / 20_000).toBeCloseTo(0.19, 1.5);
  });
});
