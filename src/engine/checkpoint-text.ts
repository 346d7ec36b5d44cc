/**
 * The text of a checkpoint, made ahead. What a state holds never changes, so the text of each item is written once and kept
 * as long as the item lives: what is left to do at a rotation is to put the texts together and hash them.
 */
import { type AuditEntry, type AuditRecord, escapeJson, type JsonObject } from './audit-record.ts';
import { canonical } from './canonical.ts';
import { type ChainHead, nextFilled } from './chain.ts';
import { MAX_LINE_BYTES } from './journal-scan.ts';
import type { Steps } from './piecework.ts';

/** One line of a checkpoint to be: its items, and the entry that holds what it is given. */
export interface CheckpointDraft {
  readonly items: readonly JsonObject[];
  readonly entry: (items: readonly JsonObject[]) => AuditEntry;
}

const itemBySource = new WeakMap<object, JsonObject>();
const textByItem = new WeakMap<JsonObject, string>();

/** The item that stands for a part of the state: the same one in every checkpoint. */
export function itemOf(source: object, make: () => JsonObject): JsonObject {
  const item = itemBySource.get(source) ?? make();
  itemBySource.set(source, item);
  return item;
}

/** An item as its line has it: escaped, in canonical form. */
export function itemText(item: JsonObject): string {
  const text = textByItem.get(item) ?? canonical(escapeJson(item));
  textByItem.set(item, text);
  return text;
}

/** So many are a few milliseconds of work. */
const ITEMS_A_PIECE = 25;

/** Writes the texts that are not known yet, some at a time; as long as a state lives they stay. */
export function* writeTexts(items: readonly JsonObject[]): Steps<void> {
  let written = 0;
  for (const item of items) {
    if (textByItem.has(item)) continue;
    if (written > 0 && written % ITEMS_A_PIECE === 0) yield;
    itemText(item);
    written += 1;
  }
}

/** Tells whether each line stays far below the longest that is read. */
export function fitsLines(drafts: readonly CheckpointDraft[]): boolean {
  return drafts.every(
    ({ items }) => items.reduce((length, item) => length + itemText(item).length, 0) < MAX_LINE_BYTES / 2,
  );
}

/** Chains a checkpoint's lines after `head`; the last one's record says everything but the items. `tsMs` is wall time. */
export function chainCheckpoint(
  drafts: readonly CheckpointDraft[],
  head: ChainHead,
  tsMs: number,
): { readonly bytes: Uint8Array; readonly last: AuditRecord } {
  const lines: string[] = [];
  let last: AuditRecord | null = null;
  for (const { items, entry } of drafts) {
    const inside = `"items":[${items.map(itemText).join(',')}]`;
    // Nothing else can read like this: within a text of JSON a quotation mark stands behind a backslash.
    const fill = (text: string): string => text.replace('"items":[]', () => inside);
    const { record, line }: ReturnType<typeof nextFilled> = nextFilled(last ?? head, entry([]), tsMs, fill);
    lines.push(`${line}\n`);
    last = record;
  }
  if (last === null) throw new Error('a checkpoint has a line at least');
  return { bytes: new TextEncoder().encode(lines.join('')), last };
}
