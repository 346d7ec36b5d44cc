/** Rows to boxes: no effects, no timers, no arithmetic. */
import { Box, Text } from 'ink';
import { memo, type ReactElement } from 'react';
import type { Theme } from './theme.ts';
import type { Frame, Row } from './types.ts';

interface LineProps {
  readonly row: Row;
  readonly theme: Theme;
}

/** One line; never wraps, never shrinks. Drawn again only when its text or tones change. */
export const Line = memo(DrawnLine, isSameLine);

function DrawnLine({ row, theme }: LineProps): ReactElement {
  return (
    <Box flexShrink={0} height={1}>
      <Text wrap="truncate">
        {row.map((part, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a span is its place in the row
          <Text key={place} {...theme.styles[part.tone]}>
            {part.text}
          </Text>
        ))}
        {row.length === 0 ? ' ' : ''}
      </Text>
    </Box>
  );
}

function isSameLine(before: LineProps, after: LineProps): boolean {
  if (before.theme !== after.theme || before.row.length !== after.row.length) return false;
  return before.row.every((part, place) => {
    const other = after.row[place];
    return other !== undefined && part.text === other.text && part.tone === other.tone;
  });
}

/** Lines from top to bottom; a row is its place on the screen. */
export function Column({
  rows,
  theme,
}: {
  readonly rows: readonly Row[];
  readonly theme: Theme;
}): ReactElement {
  return (
    <Box flexDirection="column" flexShrink={0}>
      {rows.map((row, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place on the screen
        <Line key={place} row={row} theme={theme} />
      ))}
    </Box>
  );
}

/** The whole frame: the left column, and beside it the right one where there is room. */
export function Screen({ frame, theme }: { readonly frame: Frame; readonly theme: Theme }): ReactElement {
  return (
    <Box flexDirection="row" flexShrink={0} columnGap={1}>
      <Column rows={frame.left} theme={theme} />
      {frame.right.length > 0 && <Column rows={frame.right} theme={theme} />}
    </Box>
  );
}
