import * as pulumi from "@pulumi/pulumi";

/**
 * A user's mistake ends the program with its message alone; a defect of the program keeps its stack. The errors of the
 * lower rooms say which they are: those made for users have their message for a stack.
 */
export async function told<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && error.stack === error.message) throw new pulumi.RunError(error.message);
    throw error;
  }
}
