/** The configuration file of a world: what somebody writes into it, and which settings are in force by what was read of it. */
import { type ConfigSources, loadConfig, type Settings } from '../../src/config/load.ts';

/** Sections of keys, as the file has them. */
export type ConfigTree = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A file as it was once, and the settings that it gives. */
export interface Written {
  readonly tree: ConfigTree;
  readonly settings: Settings;
}

export interface ConfigFile {
  readonly tree: () => ConfigTree;
  readonly write: (tree: ConfigTree) => void;
  /** Makes it unusable, or unreadable. */
  readonly spoil: (how: 'garbage' | 'unreadable') => void;
  /** Puts back what was written last. */
  readonly repair: () => void;
  readonly spoiled: () => boolean;
  /** As a start or a SIGHUP reads it; throws when it can't be read. */
  readonly sources: () => ConfigSources;
  /** What a start makes of it; null when it would be refused. */
  readonly load: () => Written | null;
  /** What somebody wrote that has this digest. */
  readonly written: (digest: string) => Written | null;
  readonly inForce: () => Written;
  readonly adopt: (written: Written) => void;
}

/** Begins in force with what stands in it; throws when that can't be used. */
export function createConfigFile(first: ConfigTree, env: Readonly<Record<string, string>>): ConfigFile {
  const known = new Map<string, Written>();
  const texts = new Map<string, Written>();
  let tree = first;
  let spoiled: 'garbage' | 'unreadable' | null = null;
  const flags = new Map<string, unknown>();
  const read = (): Written => {
    const text = JSON.stringify(tree);
    const before = texts.get(text);
    if (before !== undefined) return before;
    const loaded = loadConfig({ text, env, flags });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const written = { tree, settings: loaded.settings };
    known.set(loaded.settings.digest, written);
    texts.set(text, written);
    return written;
  };
  let inForce = read();
  return {
    tree: () => tree,
    write: (next) => {
      tree = next;
      spoiled = null;
      read();
    },
    spoil: (how) => {
      spoiled = how;
    },
    repair: () => {
      spoiled = null;
    },
    spoiled: () => spoiled !== null,
    sources: () => {
      if (spoiled === 'unreadable') throw new Error('EACCES: permission denied');
      const text = JSON.stringify(tree);
      return { text: spoiled === null ? text : text.slice(0, text.length >> 1), env, flags };
    },
    load: () => (spoiled === null ? read() : null),
    written: (digest) => known.get(digest) ?? null,
    inForce: () => inForce,
    adopt: (written) => {
      inForce = written;
    },
  };
}
