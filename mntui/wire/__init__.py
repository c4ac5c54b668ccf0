"""How facts cross a process or a disk: values to bytes and back, bytes in frames, frames in a conversation.

`layout` reads the frozen classes of core and says how each lies in JSON; `codec` turns values into bytes and back;
`frames` puts a length before them; `protocol` is the conversation between a client and the worker; `holder` is the note
that a worker leaves about itself; `peers` asks the kernel who is at the other end.

Deliberately absent: what any of it means. A frame that reads well may still be refused by whoever receives it.
"""
