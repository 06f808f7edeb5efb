/** The first executable file `name` in the absolute folders of `env.PATH`. */
export function findOnPath(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined;

export function isExecutable(file: string): boolean;
