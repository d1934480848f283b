// Package chatlimits knows what chats take: how long the parts of a post may be, and
// what in them the chat would misread. Each function says what is wrong with a post,
// nil where nothing is. It must not know what the post is about.
package chatlimits
