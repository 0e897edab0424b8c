/** What plans and reports have in common, before it is a table or Markdown. */

export type Row = readonly string[];

/** Some functions that share a status. */
export type Section =
  | { title: string; head: Row; rows: readonly Row[] }
  /** With `isWhole` no name is left out. */
  | { title: string; names: readonly string[]; isWhole?: boolean };

export interface Document {
  title: string;
  /** Label and value. */
  facts: readonly (readonly [string, string])[];
  /** What needs attention comes last, where the eye is in a terminal; Markdown turns them round. */
  sections: readonly Section[];
  /** `12 functions run …`: the state that the run left behind. */
  live: readonly string[];
  summary: string;
  /** What to type next. */
  next: readonly string[];
}

/** Up to so many get a row each, beyond it only names. */
const MAX_ROWS = 10;

/** Rows while there are few; names when there are many. */
export function foldedSection<T>(
  title: string,
  items: readonly T[],
  { head, row, name }: { head: Row; row: (item: T) => Row; name: (item: T) => string },
): Section[] {
  if (items.length === 0) return [];
  return items.length <= MAX_ROWS
    ? [{ title, head, rows: items.map(row) }]
    : [{ title, names: items.map(name) }];
}

/** Each with its reason; many that share one have it once, as when credentials expire midway. */
export function reasonSections(
  status: string,
  items: readonly { name: string; reason: string }[],
): Section[] {
  const byReason = groupBy(items, ({ reason }) => reason);
  const shared = [...byReason].filter(([, those]) => those.length > 2);
  const single = items.filter(({ reason }) => (byReason.get(reason)?.length ?? 0) <= 2);
  return [
    ...shared.map(([reason, those]): Section => ({
      title: `${status} (${those.length}): ${reason}`,
      names: those.map(({ name }) => name),
      // Who did not do well is news, however many they are.
      isWhole: status === 'failed' || status === 'mismatch',
    })),
    ...(single.length === 0
      ? []
      : [
          {
            title: `${status} (${single.length})`,
            head: ['function', 'reason'],
            rows: single.map(({ name, reason }) => [name, reason]),
          },
        ]),
  ];
}

/** Those that nothing more is to be said of, and those of which a detail is. */
export function notedSections<T extends { name: string; detail?: string | null }>(
  status: string,
  items: readonly T[],
  table: { head: Row; row: (item: T) => Row; name: (item: T) => string },
): Section[] {
  const plain = items.filter(({ detail }) => !detail);
  const noted = items.flatMap(({ name, detail }) => (detail ? { name, reason: detail } : []));
  return [
    ...foldedSection(`${status} (${plain.length})`, plain, table),
    ...reasonSections(`${status}, but`, noted),
  ];
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** A column exists only where a row has something to say. The first row is the head. */
export function withoutEmptyColumns(table: readonly Row[]): Row[] {
  const [head = [], ...rows] = table;
  const isKept = head.map((_, column) => rows.some((row) => row[column]));
  return table.map((row) => row.filter((_, column) => isKept[column]));
}
