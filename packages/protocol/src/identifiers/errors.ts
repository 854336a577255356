import { failWith } from '../encoding/index.ts'

export type IbanErrorCode =
  | 'IBAN_CHARACTER'
  | 'IBAN_COUNTRY'
  | 'IBAN_LENGTH'
  | 'IBAN_STRUCTURE'
  | 'IBAN_CHECKSUM'

export type PhoneErrorCode =
  | 'PHONE_CHARACTER'
  | 'PHONE_EXTENSION'
  | 'PHONE_REGION'
  | 'PHONE_COUNTRY'
  | 'PHONE_LENGTH'
  | 'PHONE_INVALID'

export type DeviceErrorCode = 'DEVICE_FORMAT' | 'DEVICE_CHECK_DIGIT' | 'DEVICE_PLACEHOLDER'

export type HostErrorCode =
  | 'HOST_URL'
  | 'HOST_IP'
  | 'HOST_CHARACTER'
  | 'HOST_IDN'
  | 'HOST_LABEL'
  | 'HOST_LENGTH'
  | 'HOST_SINGLE_LABEL'

/** A domain is cut from a host, so a value that is no host fails with the host's code. */
export type DomainErrorCode = 'DOMAIN_PUBLIC_SUFFIX' | HostErrorCode

export type EmailErrorCode =
  | 'EMAIL_FORMAT'
  | 'EMAIL_LOCAL'
  | 'EMAIL_QUOTED'
  | 'EMAIL_LENGTH'
  | 'EMAIL_DOMAIN'

export type IdentifierErrorCode =
  | IbanErrorCode
  | PhoneErrorCode
  | DeviceErrorCode
  | DomainErrorCode
  | EmailErrorCode

/** Hints and places are fixed sentences: none may hold any part of the rejected value. */
export const fail = failWith<IdentifierErrorCode>()
