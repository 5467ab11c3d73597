"""Who is calling or writing: identities, the customer record, consent. Built after the line answers."""
