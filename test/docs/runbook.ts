/** The shell blocks of a document, as steps with what they say to expect. */

export interface Step {
  readonly line: number;
  readonly run: string;
  readonly exit: number;
  /** Words, or a pattern between slashes, of which each must be in the output. */
  readonly expects: readonly string[];
  /** Repeat until this is in the output. */
  readonly until: string | null;
}

/** Reads the ```sh blocks; a comment under a command is an expectation, and an unknown one is an error. */
export function readSteps(text: string): readonly Step[] {
  const steps: Step[] = [];
  let inside = false;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.startsWith('```')) {
      inside = line === '```sh';
      continue;
    }
    if (!inside || line.trim() === '') continue;
    if (!line.startsWith('# ')) {
      steps.push({ line: index + 1, run: line, exit: 0, expects: [], until: null });
      continue;
    }
    const last = steps.pop();
    if (last === undefined) throw new Error(`line ${index + 1}: an expectation without a command`);
    steps.push(withExpectation(last, line, index + 1));
  }
  return steps;
}

/** Tells whether an output holds what was expected. */
export function holds(output: string, expected: string): boolean {
  const pattern = /^\/(.*)\/([a-z]*)$/.exec(expected);
  return pattern === null ? output.includes(expected) : new RegExp(pattern[1] ?? '', pattern[2]).test(output);
}

function withExpectation(step: Step, line: string, number: number): Step {
  const exit = /^# exit (\d+)$/.exec(line)?.[1];
  if (exit !== undefined) return { ...step, exit: Number(exit) };
  const expects = /^# expect: (.+)$/.exec(line)?.[1];
  if (expects !== undefined) return { ...step, expects: [...step.expects, expects] };
  const until = /^# until: (.+)$/.exec(line)?.[1];
  if (until !== undefined) return { ...step, until };
  throw new Error(`line ${number}: neither exit, expect nor until: ${line}`);
}
