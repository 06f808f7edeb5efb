/** A child's logical name starts with its component's, because URNs carry the parent's type but not its name. */
export const childName = (parent: string, role: string): string => `${parent}-${role}`;

/** The component that `index.ts` makes, one a stack. */
export const ENVIRONMENT = "fleet";

const MESSAGING = "messaging";
export const messagingName = (environment: string): string => childName(environment, MESSAGING);

/** Logical name of a messaging resource from its key in the stack config. */
export const messagingChild = (key: string): string => childName(messagingName(ENVIRONMENT), key);
