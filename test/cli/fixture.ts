/** Runs command lines against real daemons' sockets in a directory of its own. */
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../src/cli/cli.ts';
import type { CliIo } from '../../src/cli/context.ts';
import { writeRegistryEntry } from '../../src/control/registry.ts';
import { startControlServer } from '../../src/control/server.ts';
import { computePlaces } from '../../src/launch/places.ts';
import { privateDir, recordingTarget } from '../control/fixture.ts';

const uid = process.getuid?.() ?? 0;

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A machine with its own runtime directory, configurations and daemons; `close` ends and removes it all. */
export function machine() {
  const dir = privateDir();
  const env = { XDG_RUNTIME_DIR: dir.path, USER: 'ann' };
  const closers: (() => void | Promise<void>)[] = [];

  const config = (name: string, more = ''): string => {
    const path = join(dir.path, `${name}.yaml`);
    writeFileSync(path, `state_dir: ${name}-state\n${more}`);
    return path;
  };
  const placesOf = (path: string) =>
    computePlaces({
      argv: [],
      env,
      cwd: dir.path,
      uid,
      config: { path, text: `state_dir: ${path.replace(/^.*\/|\.yaml$/g, '')}-state\n` },
    });
  const register = (
    path: string,
    more: { readonly account?: string; readonly pid?: number; readonly host?: string } = {},
  ) => {
    const places = placesOf(path);
    writeRegistryEntry(places.registryPath, {
      pid: more.pid ?? process.pid,
      host: more.host ?? hostname(),
      account: more.account ?? 'sim',
      environment: 'sim',
      configPath: path,
      stateDir: places.stateDir,
      socketPath: places.socketPath,
      startedAtMs: 1,
    });
    return places;
  };
  const daemon = async (
    path: string,
    recorder = recordingTarget(),
    more: { readonly account?: string } = {},
  ) => {
    const places = register(path, more);
    const { socketPath } = places;
    const server = await startControlServer({ socketPath, target: recorder.target, log: () => {} });
    if (!server.ok) throw new Error(server.problem);
    closers.push(server.close);
    return { ...recorder, places, end: server.close };
  };
  const run = async (line: readonly string[], more: Partial<CliIo> = {}): Promise<Ran> => {
    let [out, err] = ['', ''];
    const code = await runCli(line, {
      stdout: (text) => {
        out += text;
      },
      stderr: (text) => {
        err += text;
      },
      env,
      cwd: dir.path,
      uid,
      // What lives on the machine under test is not ours to stop.
      commonDirs: [],
      isTTY: false,
      ...more,
    });
    return { code, out, err };
  };
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0)) await end();
    dir.remove();
  };
  return {
    path: dir.path,
    env,
    config,
    register,
    daemon,
    run,
    close,
    onClose: (end: () => void) => closers.push(end),
  };
}
