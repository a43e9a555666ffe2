import type { Need } from '../values/evidence.ts';
import { namedKeys, type Shape } from './named-keys.ts';

/** What is to be known of the columns that a table or a chart names beside its own, before the rows are read. */
export function needsOfNamed(shape: Shape, dateFormat?: string): Need[] {
  return namedKeys(shape).flatMap(({ key, use }): Need[] => {
    const number: Need = { key, what: 'number' };
    const own = shape.columns?.find((column) => column.key === key)?.dateFormat ?? dateFormat;
    return use === 'number' ? [number] : [number, { key, what: 'date', dateFormat: own }];
  });
}
