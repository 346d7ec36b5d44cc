/** Walks the config schema, so that tests can say something about every key there is. */
import type { z } from 'zod';
import { configSchema } from '../../src/config/schema.ts';

/** Every key that holds a value, as dotted path. */
export function schemaKeys(): readonly string[] {
  return keysOf(configSchema, '');
}

function keysOf(schema: z.core.$ZodType, path: string): readonly string[] {
  const inner = unwrapped(schema);
  if (!isObject(inner)) return [path];
  return Object.entries(inner._zod.def.shape).flatMap(([key, value]) =>
    keysOf(value, path === '' ? key : `${path}.${key}`),
  );
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = schema._zod;
  return 'innerType' in def ? unwrapped(def.innerType as z.core.$ZodType) : schema;
}

function isObject(schema: z.core.$ZodType): schema is z.core.$ZodObject {
  return schema._zod.def.type === 'object';
}
