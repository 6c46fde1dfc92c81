// [NORM-23]: names of types in Gemini's schemas are those of JSON Schema.
import { isObject, isString } from '../json.mjs';

const TYPES = new Set(['STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'ARRAY', 'OBJECT', 'NULL']);
const snakeToo = (...names) => new Set(names.flatMap((name) =>
  [name, name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)]));
const NAMED_SCHEMAS = snakeToo('properties', 'patternProperties', '$defs', 'definitions', 'defs');
const ONE_SCHEMA = snakeToo('items', 'additionalProperties', 'not');
const SEVERAL_SCHEMAS = snakeToo('items', 'prefixItems', 'anyOf', 'oneOf', 'allOf');

/** A schema with the names of its types in lower case; anything else as it is. */
export function lowerTypes(schema) {
  if (!isObject(schema)) return schema;
  return new Map([...schema].map(([name, value]) => [name, lowered(name, value)]));
}

function lowered(name, value) {
  if (name === 'type') return Array.isArray(value) ? value.map(lowerType) : lowerType(value);
  if (NAMED_SCHEMAS.has(name) && isObject(value)) {
    return new Map([...value].map(([key, schema]) => [key, lowerTypes(schema)]));
  }
  if (ONE_SCHEMA.has(name) && isObject(value)) return lowerTypes(value);
  return SEVERAL_SCHEMAS.has(name) && Array.isArray(value) ? value.map(lowerTypes) : value;
}

const lowerType = (type) => (isString(type) && TYPES.has(type) ? type.toLowerCase() : type);
