/** Reads fields of an audit record's details by name; what isn't there, or isn't of the kind, reads as nothing. Pure. */
import type { AuditRecord, Json, JsonObject } from '../engine/audit-record.ts';
import type { Act, At, Figure } from './report-model.ts';

/** A text, or empty. */
export function textOf(details: JsonObject, key: string): string {
  const value = details[key];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** A number, or null. */
export function numberOf(details: JsonObject, key: string): number | null {
  const value = details[key];
  return typeof value === 'number' ? value : null;
}

/** An object, or an empty one. */
export function objectOf(details: JsonObject, key: string): JsonObject {
  const value = details[key];
  return isObject(value) ? value : {};
}

/** A list's objects. */
export function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Every value of an object as text. */
export function textsOf(object: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, asText(value)]));
}

/** Where a record stands. */
export function at(record: AuditRecord): At {
  return { seq: record.seq, at_ms: record.ts_ms };
}

/** Somebody's act. */
export function actOf(record: AuditRecord, what: string): Act {
  const verified = record.details['operator_unverified'] === false;
  return { ...at(record), by: record.operator ?? 'nobody', verified, what };
}

/** The criteria of a STAGE_EVIDENCE line. */
export function figuresOf(details: JsonObject): readonly Figure[] {
  return objectsIn(details['criteria']).map((one) => ({
    id: textOf(one, 'id'),
    verdict: textOf(one, 'verdict'),
    figure: textOf(one, 'figure'),
    limit: textOf(one, 'limit'),
  }));
}

function asText(value: Json): string {
  return typeof value === 'string'
    ? value
    : Array.isArray(value)
      ? value.map(asText).join(' ')
      : JSON.stringify(value);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
