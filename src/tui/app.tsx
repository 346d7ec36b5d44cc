/** Binds the store and the keys to the view. */
import { useInput } from 'ink';
import { type ReactElement, useSyncExternalStore } from 'react';
import { keysOf } from './keys.ts';
import { frameOf } from './layout.ts';
import { Screen } from './panels.tsx';
import type { Store } from './store.ts';
import type { Theme } from './theme.ts';
import type { KeyPress, ScreenState } from './types.ts';

interface AppProps {
  readonly store: Store<ScreenState>;
  readonly theme: Theme;
  readonly onKeys: (keys: readonly KeyPress[]) => void;
}

/** The screen; its state is selected from while it renders. */
export function App({ store, theme, onKeys }: AppProps): ReactElement {
  const state = useSyncExternalStore(store.subscribe, store.published);
  useInput((input, key) => onKeys(keysOf(input, key)));
  return <Screen frame={frameOf(state)} theme={theme} />;
}
