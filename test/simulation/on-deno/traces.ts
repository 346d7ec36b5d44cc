/** Run by deno.test.ts under Deno: prints the hash of each seed's trace, and the rule that it broke. */
import { simulate } from '../simulate.ts';

const [from, seeds, hours] = process.argv.slice(2).map(Number);
for (let seed = from ?? 0; seed < (from ?? 0) + (seeds ?? 0); seed += 1) {
  const { traceHash, violation } = simulate(seed, { hours: hours ?? 0 });
  console.log(`${seed} ${traceHash} ${violation?.rule ?? 'held'}`);
}
