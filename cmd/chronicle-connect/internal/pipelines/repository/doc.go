// Package repository knows where the checkout is that a test runs in. It must not
// know what is in it.
package repository
