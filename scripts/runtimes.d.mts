export function findDeno(root: string): string;
export function findBun(root: string): string;
