/** What a trading engine and its file may do wrong. */
import type { World } from './world.ts';

/** One of them by chance. */
export function feedMischief(world: World): void {
  const { random, trader, feed, coverage, timeline, disk, scenario, trace } = world;
  const path = scenario.places.expectedPath ?? '';
  const count = (name: string): void => {
    coverage.count(name);
    trace('feed', name);
  };
  const later = (run: () => void): void => {
    timeline.after(random.whole(3000, 60_000), null, run);
  };
  if (trader.isSilent()) return;
  switch (random.whole(0, 13)) {
    case 0:
    case 1:
      count('F71_engine_silent');
      trader.beSilent(random.whole(5000, 150_000));
      return;
    case 2:
      count('engine_restarts');
      trader.restart(false);
      return;
    case 3:
      count('F72_empty_checkpoint');
      trader.restart(true);
      return;
    case 4:
      count('F74_gap');
      feed.loseNext();
      return;
    case 5:
      count('F75_other_account');
      feed.newSession();
      feed.line({
        type: 'checkpoint',
        account: 'another',
        environment: 'sim',
        orders: [],
        positions: [],
        applied_event_ms: timeline.nowMs(),
      });
      later(() => trader.restart(false));
      return;
    case 6:
      count('F76_engine_clock_ahead');
      feed.setClockOffset(3_600_000);
      later(() => feed.setClockOffset(0));
      return;
    case 7:
      count('F70_garbage');
      if (random.chance(0.3)) {
        count('F54_newer_feed');
        feed.raw(`{"type":"order_v2","session_id":"s1","seq":1,"ts_ms":${timeline.nowMs()}}\n`);
        return;
      }
      feed.raw(random.pick(['{"type":"order"}\n', 'not json\n', '{"half":', '\u0000\u0001\n', '[]\n']));
      return;
    case 8:
      count('F70_truncated');
      feed.truncate();
      return;
    case 9:
      count('F70_rotated');
      feed.rotate();
      return;
    case 10: {
      count('F77_writable_by_others');
      const inode = disk.find(path);
      if (inode === undefined) return;
      inode.mode = 0o666;
      later(() => {
        inode.mode = 0o600;
      });
      return;
    }
    case 11:
      count('F70_number_taken_twice');
      feed.repeatNext();
      return;
    case 12: {
      const missed = trader.speakTooSoon();
      if (missed !== null) count(`checkpoint_without_its_${missed}`);
      return;
    }
    default: {
      count('F77_link');
      const inode = disk.find(path);
      if (inode === undefined) return;
      inode.kind = 'link';
      later(() => {
        inode.kind = 'file';
      });
    }
  }
}
